import { setTimeout as delay } from 'node:timers/promises';
import { statusOf } from './api-error.ts';

const tryAgainMs = 500;
/** How long an API server may be away in the middle of a run: it is restarted for an update now and then. */
const awayWithinMs = 60_000;

/**
 * Does something with the API again while the API is away: it does not answer, is overloaded or answers 5xx. For what does
 * no harm when it is done twice.
 *
 * @param withinMs - how long; default a minute
 * @throws what the last try threw
 */
export async function patiently<T>(work: () => Promise<T>, withinMs = awayWithinMs): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      const status = statusOf(thrown);
      const away = status === undefined || status === 429 || status >= 500;
      if (!away || performance.now() > until) throw thrown;
    }
    await delay(tryAgainMs);
  }
}
