import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launch } from '../driver/client-process.ts';
import { launches } from '../driver/launches.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const built = join(root, 'build', 'interop');

/** A client of the matrix, in one version. */
export interface MatrixClient {
  readonly id: string;
  /** There once it is installed. */
  readonly needs: string;
  /** How to install it. */
  readonly install: string;
  readonly launch: Launch;
}

function client(id: string, needs: string, launch: Launch): MatrixClient {
  const install = id.endsWith('-old') ? `node interop/features/install-old.mjs` : `node interop/install.mjs ${id}`;
  return { id, needs, install, launch };
}

/** Oldest and newest of each language, in the order of the page. */
export const matrixClients: readonly MatrixClient[] = ['-old', ''].flatMap((age) => {
  const folder = (language: string): string => join(built, `${language}${age}`);
  const nodeFile =
    age === '' ? join(root, 'interop', 'node', 'client.ts') : join(folder('node'), 'interop/node/client.ts');
  return [
    client(`go${age}`, join(folder('go'), 'client'), launches.go(folder('go'))),
    client(`java${age}`, join(folder('java'), 'lib'), launches.java(folder('java'))),
    client(`python${age}`, join(folder('python'), 'grpc'), launches.python(folder('python'))),
    client(`node${age}`, nodeFile, launches.node(nodeFile)),
  ];
});

/** Those that are installed. */
export function installed(clients: readonly MatrixClient[]): MatrixClient[] {
  return clients.filter(({ needs }) => existsSync(needs));
}
