import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..', '..');

export interface Outcome {
  /** Null where a signal has ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
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
    child.once('close', (code, signal) => done({ code, signal, stdout, stderr }));
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
