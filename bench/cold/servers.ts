import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { firstLines, pinned, stop } from '../fanout/servers.ts';
import { productEnv } from './product.ts';

export const serverNames = ['linear', 'evenkeel'] as const;
export type ServerName = (typeof serverNames)[number];

export interface ColdServer {
  readonly pid: number;
  readonly xds: string;
  /** From the start of the process until it takes clients. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** Starts a server that reads an endpoint file, and waits until it takes clients. */
export async function startCold(
  name: ServerName,
  at: { readonly core: number; readonly binaries: string; readonly product: string; readonly file: string },
): Promise<ColdServer> {
  const { core, binaries, product, file } = at;
  const linear = [join(binaries, 'peers'), '--cache', 'linear', '--file', file];
  const addresses = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
  const evenkeel = [process.execPath, join(product, 'dist/cli/main.js'), 'serve', '--endpoints', file, ...addresses];
  const command = name === 'linear' ? linear : [...evenkeel, '--json'];
  const began = performance.now();
  // Its log is not what is measured, but it is written.
  const child = spawn(...pinned(core, false, command), {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: name === 'linear' ? process.env : productEnv(product),
  });
  // evenkeel's second line says that streams are accepted.
  const [listening] = await firstLines(child, name, name === 'linear' ? 1 : 2);
  const startMs = performance.now() - began;
  return { pid: child.pid!, xds: (JSON.parse(listening!) as { xds: string }).xds, startMs, stop: () => stop(child) };
}
