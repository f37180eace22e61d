import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { defaultMemoryLimits } from '@evenkeel/xds';
import { serveNodeFlags } from '../../src/cli/serve-memory.ts';

export const serverNames = ['evenkeel', 'node-http2', 'grpc-go'] as const;
export type ServerName = (typeof serverNames)[number];

/** A server that this process started, and that is the only one that is attacked. */
export interface RunningServer {
  readonly port: number;
  /** The name of a listener that it serves. */
  readonly resource: string;
  /** Most memory that it has had, in bytes; undefined once it is gone. */
  peakBytes(): number | undefined;
  /** Longest turn of its event loop since `watchTurns`, in milliseconds of the processor; undefined where nobody measures it. */
  longestTurnMs(): Promise<number | undefined>;
  watchTurns(): void;
  /** Whether it runs. */
  readonly isUp: boolean;
  stop(): Promise<void>;
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

function commandOf(name: ServerName, directory: string, binaries: string): string[] {
  switch (name) {
    case 'evenkeel': {
      const where = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--json'];
      return [
        process.execPath,
        ...serveNodeFlags,
        ...turns,
        main,
        'serve',
        '--endpoints',
        endpointsFile(directory),
        ...where,
      ];
    }
    case 'node-http2':
      return [process.execPath, ...turns, join(import.meta.dirname, 'node-http2-server.ts')];
    case 'grpc-go':
      return [join(binaries, 'peers'), '--cache', 'linear', '--services', '100', '--endpoints', '10'];
  }
}

/**
 * Starts a server with a log that is thrown away, as a file would be.
 *
 * @param directory - for files that it reads
 * @param memoryLimit - bytes that the server is told it has; others take what they take
 */
export async function startServer(
  name: ServerName,
  { directory, binaries, memoryLimit }: { directory: string; binaries: string; memoryLimit: number },
): Promise<RunningServer> {
  const [program, ...args] = commandOf(name, directory, binaries);
  // As it would itself in a container with this limit.
  const turnsFile = join(directory, 'turns.json');
  rmSync(turnsFile, { force: true });
  const env = {
    ...process.env,
    EVENKEEL_BENCH_TURNS: turnsFile,
    EVENKEEL_XDS_MEMORY_BYTES: String(defaultMemoryLimits({}, memoryLimit).totalBytes),
  };
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  child.stderr.resume();
  const wait = name === 'evenkeel' ? '"event":"ready"' : undefined;
  const port = await whenListening(child, wait);
  return {
    port,
    resource: 'svc-1',
    peakBytes: () => peakOf(child),
    watchTurns: () => void (name !== 'grpc-go' && child.kill('SIGUSR2')),
    async longestTurnMs() {
      if (name === 'grpc-go' || child.exitCode !== null || child.signalCode !== null) return undefined;
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

/** Resolves with the port once the server says where it listens, and has said `ready` where it says so. */
async function whenListening(child: ChildProcess, ready: string | undefined): Promise<number> {
  let port: number | undefined;
  child.once('exit', () => child.stdout?.destroy());
  for await (const line of createInterface({ input: child.stdout! })) {
    if (port === undefined && line.startsWith('{')) {
      const { xds } = JSON.parse(line) as { xds: string };
      port = Number(xds.split(':').at(-1));
    }
    if (port !== undefined && (ready === undefined || line.includes(ready))) {
      child.stdout?.resume();
      return port;
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
