import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How a program ended, and what it printed. */
export interface Output {
  /** Null where a signal has ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Empty where it is no pipe. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Resolves when a program has ended; rejects where it cannot be started.
 *
 * @param during - called with all of standard output and of standard error so far, after each piece of either
 */
export async function outputOf(
  child: ChildProcess,
  during?: (said: Pick<Output, 'stdout' | 'stderr'>) => void,
): Promise<Output> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      during?.(said);
    });
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...said };
}
