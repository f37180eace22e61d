import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..', '..');

export interface Outcome {
  /** Null where a signal has ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Sends `stopWith` once standard error has it. */
  readonly stopOn?: RegExp;
  /** Default: SIGINT. */
  readonly stopWith?: NodeJS.Signals;
}

/** Runs a program to its end, well or not. */
export function outcomeOf(program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { input, env = {}, stopOn, stopWith = 'SIGINT' } = options;
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd: root, stdio: 'pipe', env: { ...process.env, NO_COLOR: '1', ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      const before = stderr;
      stderr += chunk;
      if (stopOn?.test(stderr) === true && !stopOn.test(before)) child.kill(stopWith);
    });
    child.once('error', fail);
    child.once('close', (code) => done({ code, stdout, stderr }));
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Runs a program and resolves with what it printed. @throws Error with what it complained of where it fails */
export async function run(program: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await outcomeOf(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}

export function kubectl(args: readonly string[], options?: RunOptions): Promise<string> {
  return run('kubectl', args, options);
}

/** Runs the command line of evenkeel. */
export function evenkeel(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return outcomeOf(process.execPath, [join(root, 'src/cli/main.ts'), ...args], options);
}
