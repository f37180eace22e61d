import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Surroundings {
  /** Open files that it shall be able to have; as many as the system allows, where that is less. */
  readonly openFiles?: number | undefined;
  /** `cgroup.procs` of the group that it shall belong to. */
  readonly processesFile?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** Starts a program with what a shell can give it alone. */
export function launch(command: readonly string[], { openFiles, processesFile, env }: Surroundings = {}): ChildProcess {
  const before = [
    ...(openFiles === undefined ? [] : [`ulimit -n ${openFiles} 2>/dev/null || ulimit -n "$(ulimit -Hn)"`]),
    ...(processesFile === undefined ? [] : [`echo $$ > '${processesFile}' || exit 1`]),
  ];
  // What was compiled once is not compiled again: half of what starting a server takes.
  const cache = { NODE_COMPILE_CACHE: join(import.meta.dirname, '..', '..', 'build', 'compile-cache') };
  const options = {
    env: { ...cache, ...(env ?? process.env) },
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
  };
  return spawn('/bin/sh', ['-c', `${[...before, 'exec "$@"'].join('; ')}`, 'sh', ...command], options);
}

/** A script of this folder; what it writes to its standard error is ours. */
function startScript(file: string, args: readonly (string | number)[], surroundings?: Surroundings): ChildProcess {
  const child = launch([process.execPath, join(import.meta.dirname, file), ...args.map(String)], surroundings);
  child.stderr!.pipe(process.stderr);
  return child;
}

async function outputOf(child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  child.stdout!.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  return Buffer.concat(chunks).toString();
}

/** Attacks a port until the time is over. */
export async function attackFor(seconds: number, port: number, attack: string, attackers: number): Promise<void> {
  await outputOf(startScript('attacker.ts', [port, attack, attackers, seconds]));
}

/** What became of a part of a crowd. */
export interface Crowd {
  /** How many were connected, ever. */
  readonly came: number;
  /** How many were at the end. */
  readonly open: number;
}

/** A part of a crowd, in a process of its own. */
export async function crowdFor(
  seconds: number,
  port: number,
  kind: string,
  count: number,
  first: number,
): Promise<Crowd> {
  const output = await outputOf(
    startScript('crowd-client.ts', [port, kind, count, first, seconds], { openFiles: 1_000_000 }),
  );
  return JSON.parse(output) as Crowd;
}

/** What a client like any other waited. */
export interface Waited {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly calls: number;
  /** Calls that got no answer. */
  readonly unanswered: number;
}

/** A client like any other, in a process of its own. */
export async function beServedFor(seconds: number, port: number, resource: string, tls = false): Promise<Waited> {
  const output = await outputOf(startScript('victim.ts', [port, resource, seconds, ...(tls ? ['tls'] : [])]));
  const { waited, unanswered } = JSON.parse(output) as { waited: number[]; unanswered: number };
  return { ...spread(waited), calls: waited.length, unanswered };
}

/** Of times in milliseconds. */
export function spread(times: readonly number[]): Pick<Waited, 'p50Ms' | 'p99Ms' | 'maxMs'> {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
