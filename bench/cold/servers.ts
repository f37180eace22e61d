import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { firstLines, pinned, stop } from '../fanout/servers.ts';
import { startWithApi } from '../fleet/servers.ts';
import { productEnv } from './product.ts';

/** `-slices`: it watches the EndpointSlices of an API server; else it watches an endpoint file. */
export const serverNames = ['linear', 'evenkeel', 'linear-slices', 'evenkeel-slices'] as const;
export type ServerName = (typeof serverNames)[number];

export interface ColdServer {
  readonly pid: number;
  readonly xds: string;
  /** From the start of the process until it takes clients. */
  readonly startMs: number;
  /** Of its API server, where it has one. */
  readonly control?: string | undefined;
  stop(): Promise<void>;
}

/** Starts a server that knows one Service, and waits until it takes clients. */
export async function startCold(
  name: ServerName,
  at: {
    readonly cores: { readonly server: number; readonly others: number };
    readonly binaries: string;
    readonly product: string;
    readonly file: string;
    readonly endpoints: number;
    readonly realtime: boolean;
  },
): Promise<ColdServer> {
  const { cores, binaries, product, file, endpoints, realtime } = at;
  if (name === 'linear-slices' || name === 'evenkeel-slices') {
    const kind = name === 'linear-slices' ? 'linear' : 'evenkeel';
    return await startWithApi(kind, {
      binaries,
      cores,
      realtime,
      services: 1,
      endpoints,
      maxConnections: 20_000,
      product,
    });
  }
  const linear = [join(binaries, 'peers'), '--cache', 'linear', '--file', file];
  const addresses = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
  const evenkeel = [process.execPath, join(product, 'dist/cli/main.js'), 'serve', '--endpoints', file, ...addresses];
  const command = name === 'linear' ? linear : [...evenkeel, '--json'];
  const began = performance.now();
  // Its log is not what is measured, but it is written.
  const child = spawn(...pinned(cores.server, realtime, command), {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: name === 'linear' ? process.env : productEnv(product),
  });
  // evenkeel's second line says that streams are accepted.
  const [listening] = await firstLines(child, name, name === 'linear' ? 1 : 2);
  const startMs = performance.now() - began;
  return { pid: child.pid!, xds: (JSON.parse(listening!) as { xds: string }).xds, startMs, stop: () => stop(child) };
}
