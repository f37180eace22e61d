import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { productEnv } from '../cold/product.ts';
import { firstLines, pinned, stop } from '../fanout/servers.ts';

export const serverNames = ['linear', 'evenkeel'] as const;
export type ServerName = (typeof serverNames)[number];

export interface FleetServer {
  readonly pid: number;
  readonly xds: string;
  /** Where changes are sent: to the API server that it watches. */
  readonly control: string;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Folder of the built Go programs. */
  readonly binaries: string;
  readonly cores: { readonly server: number; readonly others: number };
  readonly services: number;
  readonly endpoints: number;
  readonly maxConnections: number;
  readonly realtime: boolean;
  /** Folder of evenkeel as it is published. */
  readonly product: string;
}

/** From the start of the process until it takes clients. */
export interface StartedServer extends FleetServer {
  readonly startMs: number;
}

/** Starts an API server and, once that answers, a server that watches its EndpointSlices; both are ended together. */
export async function startWithApi(name: ServerName, options: StartOptions): Promise<StartedServer> {
  const { binaries, cores, services, endpoints, maxConnections, realtime, product } = options;
  const size = ['--services', String(services), '--endpoints', String(endpoints)];
  const api = spawn(...pinned(cores.others, realtime, [join(binaries, 'apiserver'), ...size]), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-fleet-'));
  const end = async (...children: Parameters<typeof stop>[0][]): Promise<void> => {
    await Promise.all(children.map(stop));
    rmSync(folder, { recursive: true });
  };
  try {
    const [line] = await firstLines(api, 'apiserver', 1);
    const { xds: address, control } = JSON.parse(line!) as { xds: string; control: string };
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, kubeconfigOf(`http://${address}`));
    const listen = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--json'];
    const flags = ['--kubernetes', '--kubeconfig', kubeconfig, '--xds-max-connections', String(maxConnections)];
    const command =
      name === 'linear'
        ? [join(binaries, 'peers'), '--cache', 'linear', '--kubernetes', `http://${address}`, ...size]
        : [process.execPath, join(product, 'dist/cli/main.js'), 'serve', ...flags, ...listen];
    const began = performance.now();
    // Its log is not what is measured, but it is written.
    const child = spawn(...pinned(cores.server, realtime, command), {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: productEnv(product),
    });
    try {
      // evenkeel's second line says that streams are accepted.
      const [listening] = await firstLines(child, name, name === 'linear' ? 1 : 2);
      const { xds } = JSON.parse(listening!) as { xds: string };
      return { pid: child.pid!, xds, control, startMs: performance.now() - began, stop: () => end(child, api) };
    } catch (error) {
      await stop(child);
      throw error;
    }
  } catch (error) {
    await end(api);
    throw error;
  }
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster: { server } }],
    users: [{ name: 'bench', user: {} }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  });
}
