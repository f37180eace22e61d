import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { defaultMemoryLimits } from '@evenkeel/xds';
import { serveNodeFlags } from '../../src/cli/serve-memory.ts';
import type { Attack } from './attacks.ts';
import { launch, type Surroundings } from './processes.ts';

export const serverNames = ['evenkeel', 'node-http2', 'grpc-go'] as const;
export type ServerName = (typeof serverNames)[number];

/** A server that this process started, and that is the only one that is attacked. */
export interface RunningServer {
  readonly port: number;
  /** Where its admin server listens; undefined where it has none. */
  readonly adminPort: number | undefined;
  /** Where it serves xDS with TLS; undefined where it does not. */
  readonly tlsPort: number | undefined;
  /** The name of a listener that it serves. */
  readonly resource: string;
  /** Most memory that it has had, in bytes; undefined once it is gone. */
  peakBytes(): number | undefined;
  /** Longest turn of its event loop since `watchTurns` or since it was asked last, in milliseconds of the processor; undefined where nobody measures it. */
  longestTurnMs(): Promise<number | undefined>;
  watchTurns(): void;
  /** Whether it runs. */
  readonly isUp: boolean;
  stop(): Promise<void>;
}

/** The port that an attack is for. */
export function portFor({ on }: Attack, { port, tlsPort, adminPort }: RunningServer): number {
  return (on === 'tls' ? tlsPort : on === 'admin' ? adminPort : port)!;
}

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

const turns = ['--import', join(import.meta.dirname, 'turns.ts')];

/** What `serve` reads: a hundred Services with ten endpoints each. */
function endpointsFile(directory: string): string {
  const path = join(directory, 'endpoints.json');
  const services = Array.from({ length: 100 }, (_, index) => ({
    namespace: 'default',
    name: `svc-${index}`,
    ports: [{ name: 'grpc', port: 50_051, targetPort: 50_051, appProtocol: 'grpc' }],
    endpoints: Array.from({ length: 10 }, (_endpoint, at) => ({
      address: `127.${index}.0.${at + 1}`,
      ready: true,
      serving: true,
      terminating: false,
    })),
  }));
  writeFileSync(path, JSON.stringify({ apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services }));
  return path;
}

function commandOf(name: ServerName, { directory, binaries, tls }: ServerOptions): string[] {
  switch (name) {
    case 'evenkeel': {
      const where = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--load-reports', '--json'];
      return [
        process.execPath,
        ...serveNodeFlags,
        ...turns,
        main,
        'serve',
        '--endpoints',
        endpointsFile(directory),
        ...where,
        ...(tls === undefined ? [] : ['--tls-listen', '127.0.0.1:0', '--tls-cert', tls.cert, '--tls-key', tls.key]),
      ];
    }
    case 'node-http2':
      return [process.execPath, ...turns, join(import.meta.dirname, 'node-http2-server.ts')];
    case 'grpc-go':
      return [join(binaries, 'peers'), '--cache', 'linear', '--services', '100', '--endpoints', '10'];
  }
}

export interface ServerOptions extends Surroundings {
  /** For files that it reads. */
  readonly directory: string;
  /** Where what was built with Go lies. */
  readonly binaries: string;
  /** Bytes that evenkeel is told it has, where it does not see a limit itself; others take what they take. */
  readonly memoryLimit?: number | undefined;
  /** Files of a certificate, where it shall serve with TLS as well; evenkeel alone does. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** Starts a server with a log that is thrown away, as a file would be. */
export async function startServer(name: ServerName, options: ServerOptions): Promise<RunningServer> {
  const { directory, memoryLimit, openFiles, processesFile } = options;
  const turnsFile = join(directory, 'turns.json');
  rmSync(turnsFile, { force: true });
  const env = {
    ...process.env,
    EVENKEEL_BENCH_TURNS: turnsFile,
    // As it would itself in a container with this limit.
    ...(memoryLimit !== undefined && {
      EVENKEEL_XDS_MEMORY_BYTES: String(defaultMemoryLimits({}, memoryLimit).totalBytes),
    }),
  };
  const child = launch(commandOf(name, options), { openFiles, processesFile, env });
  child.stderr!.resume();
  const ports = await whenListening(child, name === 'evenkeel' ? '"event":"ready"' : undefined);
  return {
    port: ports.xds!,
    adminPort: ports.admin,
    tlsPort: ports.tls,
    resource: 'svc-1',
    peakBytes: () => peakOf(child),
    watchTurns: () => void (name !== 'grpc-go' && child.kill('SIGUSR2')),
    async longestTurnMs() {
      if (name === 'grpc-go' || child.exitCode !== null || child.signalCode !== null) return undefined;
      rmSync(turnsFile, { force: true });
      child.kill('SIGUSR2');
      for (let tries = 0; tries < 40 && !existsSync(turnsFile); tries++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const text = existsSync(turnsFile) ? readFileSync(turnsFile, 'utf8') : '';
      return text === '' ? undefined : (JSON.parse(text) as { longest: number }).longest;
    },
    get isUp() {
      return child.exitCode === null && child.signalCode === null;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Resolves with the ports once the server says where it listens, and has said `ready` where it says so. */
async function whenListening(
  child: ChildProcess,
  ready: string | undefined,
): Promise<Readonly<Record<string, number>>> {
  let ports: Readonly<Record<string, number>> | undefined;
  child.once('exit', () => child.stdout?.destroy());
  for await (const line of createInterface({ input: child.stdout! })) {
    if (ports === undefined && line.startsWith('{')) {
      const where = Object.entries(JSON.parse(line) as Record<string, unknown>);
      ports = Object.fromEntries(where.map(([name, address]) => [name, Number(String(address).split(':').at(-1))]));
    }
    if (ports !== undefined && (ready === undefined || line.includes(ready))) {
      child.stdout?.resume();
      return ports;
    }
  }
  throw new Error('the server ended before it listened');
}

/** `VmHWM` of Linux. */
function peakOf({ pid }: ChildProcess): number | undefined {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
