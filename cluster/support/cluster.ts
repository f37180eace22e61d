import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..', '..');

/** Images that the pods of these tests are made of; the nodes have them already. */
export const images = {
  evenkeel: process.env.EVENKEEL_IMAGE ?? 'evenkeel:dev',
  /** Absent: what needs an Envoy is skipped. */
  envoy: process.env.EVENKEEL_ENVOY_IMAGE,
  /** The clients of interop/, as cluster/clients/ builds them. */
  clients: process.env.EVENKEEL_CLIENTS_IMAGE,
} as const;

const howToGet =
  'these tests need a Kubernetes cluster: set KUBECONFIG or write ~/.kube/config (with kind: kind create cluster)';

/**
 * Why tests that need a cluster cannot run here; false where they can, so that it fits `skip` of `node:test`.
 *
 * @throws Error the same, with EVENKEEL_REQUIRE=all
 */
export function withoutCluster(): string | false {
  const kubeconfig = process.env.KUBECONFIG || join(homedir(), '.kube', 'config');
  if (kubeconfig.split(':').some((path) => existsSync(path))) return false;
  if (process.env.EVENKEEL_REQUIRE === 'all') throw new Error(howToGet);
  return howToGet;
}

/** Why something that is optional is left out; with EVENKEEL_REQUIRE=all that is a failure. */
export function without(what: unknown, why: string): string | false {
  if (what !== undefined && what !== '') return false;
  if (process.env.EVENKEEL_REQUIRE === 'all') throw new Error(why);
  return why;
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Sends SIGINT once standard error has it. */
  readonly stopOn?: RegExp;
}

/** Runs a program to its end. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { input, env = {}, stopOn } = options;
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: root, stdio: 'pipe', env: { ...process.env, NO_COLOR: '1', ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      const before = stderr;
      stderr += chunk;
      if (stopOn?.test(stderr) === true && !stopOn.test(before)) child.kill('SIGINT');
    });
    child.once('error', fail);
    child.once('close', (code) => done({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

/** Runs kubectl and resolves with what it printed. @throws Error with what it said where it fails */
export async function kubectl(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run('kubectl', args, options);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}

/** Runs the command line of evenkeel. */
export function evenkeel(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return run(process.execPath, [join(root, 'src/cli/main.ts'), ...args], options);
}
