import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { serveNodeFlags } from '../../src/cli/serve-memory.ts';

export const serverNames = ['null', 'linear', 'snapshot', 'evenkeel'] as const;
export type ServerName = (typeof serverNames)[number];

export interface RunningServer {
  readonly name: ServerName;
  readonly pid: number;
  readonly xds: string;
  readonly control: string;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Folder of the built Go programs. */
  readonly binaries: string;
  readonly core: number;
  readonly services: number;
  readonly endpoints: number;
  /** Every endpoint in a locality of its own, as clients get it that report their load. */
  readonly podLocalities: boolean;
  /** Further flags for the Node that runs evenkeel, such as `--cpu-prof`. */
  readonly nodeFlags: readonly string[];
  readonly realtime: boolean;
}

/** Pins a command to a core; where wanted, nothing but the kernel and other real-time programs interrupts it there. */
export function pinned(core: number, realtime: boolean, command: readonly string[]): [string, string[]] {
  const [program, ...rest] = [...(realtime ? ['chrt', '--rr', '1'] : []), 'taskset', '-c', String(core), ...command];
  return [program!, rest];
}

function commandOf(name: ServerName, options: ServerOptions): string[] {
  const { binaries, services, endpoints, podLocalities, nodeFlags } = options;
  const size = ['--services', String(services), '--endpoints', String(endpoints)];
  if (podLocalities) size.push('--pod-localities');
  switch (name) {
    case 'null':
      return [join(binaries, 'nullserver'), ...size];
    case 'linear':
    case 'snapshot':
      return [join(binaries, 'peers'), '--cache', name, ...size];
    case 'evenkeel':
      // As `evenkeel serve` starts itself; what is given comes after it, and holds.
      return [process.execPath, ...serveNodeFlags, ...nodeFlags, join(import.meta.dirname, 'server.ts'), ...size];
  }
}

/** Starts a server pinned to its core and waits for the line in which it says where it listens. */
export async function startServer(name: ServerName, options: ServerOptions): Promise<RunningServer> {
  // chrt and taskset replace themselves by the server, so the child's pid is the server's.
  const child = spawn(...pinned(options.core, options.realtime, commandOf(name, options)), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await firstLines(child, name, 1);
  const { xds, control } = JSON.parse(line!) as { xds: string; control: string };
  return { name, pid: child.pid!, xds, control, stop: () => stop(child) };
}

/** The first lines that a program prints; rejects where it ends before. */
export async function firstLines(child: ChildProcess, name: string, count: number): Promise<string[]> {
  const lines: string[] = [];
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${name} ended with ${signal ?? code} before it listened`)));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (lines.push(line) === count) resolve(lines);
    });
  });
}

/** Ends a server with SIGTERM; resolves when it has gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** Runs the driver pinned to its core and returns what it printed. */
export async function runDriver(
  { binaries, core, realtime }: Pick<ServerOptions, 'binaries' | 'core' | 'realtime'>,
  plan: unknown,
): Promise<string> {
  const child = spawn(...pinned(core, realtime, [join(binaries, 'driver')]), { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(JSON.stringify(plan));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`the driver ended with ${signal ?? `exit code ${code}`}`);
  return Buffer.concat(chunks).toString();
}
