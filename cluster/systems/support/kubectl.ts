import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..', '..', '..');

/** What the pods are made of; `npm run image` gives it this name. */
export const image = process.env.EVENKEEL_IMAGE ?? 'evenkeel:dev';

/** The same with an nginx, for the front of system D. */
export const nginxImage = process.env.EVENKEEL_NGINX_IMAGE ?? 'evenkeel-nginx:dev';

/** An Envoy; where there is none, what needs it is skipped. */
export const envoyImage = process.env.EVENKEEL_ENVOY_IMAGE;

/** Repository and tag, as charts have them. */
export function partsOf(name: string): { readonly repository: string; readonly tag: string } {
  const [repository, tag] = name.split(/:(?=[^/]*$)/);
  return { repository: repository!, tag: tag! };
}

export interface RunOptions {
  readonly input?: string;
  /** After this long it has failed; default 3 minutes. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end and answers what it printed; fails with what it complained of. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { input = '', timeoutMs = 180_000 } = options;
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd: root, timeout: timeoutMs, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('error', fail);
    child.once('close', (code, signal) => {
      if (code === 0) done(stdout);
      else fail(new Error(`${program} ${args.join(' ')} ended with ${signal ?? code}:\n${stderr}${stdout}`));
    });
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

export function kubectl(args: readonly string[], options?: RunOptions): Promise<string> {
  return run('kubectl', args, options);
}

/** Asks until the answer will do; fails with the last answer or error after `timeoutMs` (default 2 minutes). */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  good: (answer: T) => boolean,
  timeoutMs = 120_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    let last: unknown;
    try {
      const answer = await ask();
      if (good(answer)) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) {
      const shown = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`${what}: not within ${timeoutMs / 1000} s; last: ${shown}`, { cause: last });
    }
    await new Promise((wake) => setTimeout(wake, 300));
  }
}

/** Why a test is skipped, or false. With `EVENKEEL_REQUIRE=all` nothing is, and what is missing fails the test. */
export async function without(...programs: readonly string[]): Promise<string | false> {
  if (process.env.EVENKEEL_REQUIRE === 'all') return false;
  for (const program of programs) {
    const found = await run('sh', ['-c', `command -v ${program}`]).catch(() => '');
    if (found === '') return `there is no ${program} on PATH`;
  }
  const reached = await kubectl(['get', '--raw', '/readyz', '--request-timeout=10s']).catch((error: Error) => error);
  return reached instanceof Error && `no cluster answers (KUBECONFIG): ${reached.message.split('\n')[1] ?? ''}`;
}
