import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServeProcess } from '../../src/controlplane/testing/serve-process.ts';
import type { ClientId } from './clients.ts';
import { echoDescriptors } from './echo-descriptors.ts';
import { freePorts } from './free-ports.ts';

/** What clients of every maker are started with. */
interface Surroundings {
  readonly folder: string;
  readonly descriptors: string;
  readonly xdsAddress: string;
  readonly gateways: ReadonlyMap<ClientId, string>;
}

/** `evenkeel serve` on an endpoint file, with load reports and a gateway for one Envoy; resolves when it is ready. */
export async function serveClients(
  folder: string,
  endpointFile: string,
): Promise<{ readonly serve: ServeProcess; readonly admin: string; readonly surroundings: Surroundings }> {
  const gateways = new Map<ClientId, string>([['envoy-sotw', `127.0.0.1:${(await freePorts(1))[0]}`]]);
  const config = join(folder, 'evenkeel.json');
  const listeners = [...gateways].map(([name, listen]) => ({ name, listen }));
  await writeFile(config, JSON.stringify({ apiVersion: 'evenkeel.dev/v1', kind: 'Config', gateways: listeners }));
  const descriptors = join(folder, 'echo.binpb');
  await writeFile(descriptors, echoDescriptors());
  const serve = new ServeProcess([
    ...['--config', config, '--endpoints', endpointFile, '--load-reports'],
    ...['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
  ]);
  try {
    const { xds, admin } = await serve.listening();
    await serve.ready();
    return { serve, admin, surroundings: { folder, descriptors, xdsAddress: xds, gateways } };
  } catch (error) {
    await serve.end('SIGTERM');
    throw error;
  }
}
