import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

export interface Ready {
  readonly event: string;
  readonly workload: string;
  readonly pod: string;
  readonly grpc?: string;
  readonly http?: string;
  readonly admin?: string;
}

/** `evenkeel workload …` as a process of its own, for tests. */
export interface Child {
  readonly process: ChildProcess;
  /** The next line on standard output; rejects when there is none left. */
  nextLine(): Promise<string>;
  /** The exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Standard error so far. */
  errors(): string;
}

/** Starts a workload; the test kills it at its end if it has not ended by then. */
export function spawnWorkload(test: TestContext, args: readonly string[], env: Record<string, string> = {}): Child {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [main, 'workload', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME, ...env },
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  test.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  });
  return {
    process: child,
    exited,
    errors: () => errors,
    async nextLine() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`no further line; standard error:\n${errors}`);
      return value;
    },
  };
}

/** Starts a workload that listens, on ports of the system's choice and with no drain time, and waits until it does. */
export async function startChild(
  test: TestContext,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Child & { readonly ready: Ready }> {
  const child = spawnWorkload(test, args, {
    EVENKEEL_PORT: '0',
    EVENKEEL_ADMIN_PORT: '0',
    EVENKEEL_DRAIN_MS: '0',
    ...env,
  });
  return { ...child, ready: JSON.parse(await child.nextLine()) as Ready };
}
