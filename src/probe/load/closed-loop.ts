import { performance } from 'node:perf_hooks';
import type { Arrivals } from './arrivals.ts';
import type { LoopResult, LoopRun } from './run-load.ts';

/** So many callers, each with one call in flight: the next starts when the last has ended. */
export function closedLoop(
  { engine, options, recorder, startedAt, signal }: LoopRun,
  { callers }: Arrivals & { readonly loop: 'closed' },
): Promise<LoopResult> {
  const { durationMs, calls = Number.POSITIVE_INFINITY } = options;
  const { promise, resolve } = Promise.withResolvers<LoopResult>();
  const endAt = startedAt + durationMs;
  let calling = callers;
  let inFlight = 0;
  let begun = 0;
  let warmupCalls = 0;
  let closed = false;

  const finish = (): void => {
    if (closed) return;
    closed = true;
    signal.removeEventListener('abort', finish);
    const lastAt = Math.min(performance.now(), endAt);
    resolve({ lastAt, intended: null, begun, warmupCalls, inFlight, latestMs: 0, heldBack: false });
  };
  const stop = (): void => {
    calling -= 1;
    if (calling === 0) finish();
  };
  const next = (): void => {
    const sentAt = performance.now();
    if (closed || sentAt >= endAt || begun >= calls) {
      stop();
      return;
    }
    const counts = sentAt >= startedAt;
    if (counts) {
      begun += 1;
      inFlight += 1;
      recorder.due(sentAt);
    } else warmupCalls += 1;
    engine.call((status, who, peer, error, held) => {
      if (closed) return;
      const endedAt = performance.now();
      if (counts) {
        recorder.ended({ dueAt: sentAt, sentAt, endedAt, status, who, peer, error, held });
        inFlight -= 1;
      }
      // A call that fails at once must not spin.
      if (status !== 'OK' && endedAt - sentAt < 1) setTimeout(next, 1);
      else next();
    });
  };

  signal.addEventListener('abort', finish);
  if (signal.aborted) finish();
  for (let caller = 0; caller < callers; caller += 1) next();
  return promise;
}
