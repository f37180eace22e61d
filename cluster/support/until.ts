import { setTimeout as delay } from 'node:timers/promises';

const lookAgainMs = 300;

/**
 * Asks again and again until the answer will do; a question that fails is asked again too.
 *
 * @param good - default: there is an answer, that is, not undefined
 * @param withinMs - default: 2 minutes
 * @throws Error after that, with what was waited for and the last answer or error
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  good: (answer: T) => boolean = (answer) => answer !== undefined,
  withinMs = 120_000,
): Promise<Exclude<T, undefined>> {
  const end = performance.now() + withinMs;
  for (;;) {
    let last: unknown;
    try {
      const answer = await ask();
      if (good(answer)) return answer as Exclude<T, undefined>;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) {
      const shown = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`${what}: not within ${withinMs / 1000} s; last: ${shown}`, { cause: last });
    }
    await delay(lookAgainMs);
  }
}
