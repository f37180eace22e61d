import { setTimeout as delay } from 'node:timers/promises';

const lookAgainMs = 500;

/**
 * Asks again and again until there is an answer.
 *
 * @param look - undefined: not yet
 * @throws Error after `withinMs`, with what was waited for and the last error of `look`
 */
export async function until<T>(what: string, withinMs: number, look: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + withinMs;
  for (let problem: unknown; ; ) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > end) throw new Error(`not within ${withinMs / 1000} s: ${what}`, { cause: problem });
    await delay(lookAgainMs);
  }
}
