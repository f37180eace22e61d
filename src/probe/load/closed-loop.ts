import { performance } from 'node:perf_hooks';
import type { Arrivals } from './arrivals.ts';
import type { LoopResult, LoopRun } from './loop.ts';

/** Between two calls of a caller whose calls fail: as gRPC waits between attempts to connect, on a shorter scale. */
const pause = { firstMs: 1, factor: 1.6, jitter: 0.2 };
/** Milliseconds, before chance makes it a little more or less. */
export const longestPauseMs = 100;

/**
 * How soon after a call that failed the same caller begins the next one, from when it began that call; pure.
 *
 * @param failures - calls of the caller that failed one after the other; at least 1
 * @param random - 0 to 1
 */
export function pauseAfter(failures: number, random: number): number {
  const ms = Math.min(pause.firstMs * pause.factor ** (failures - 1), longestPauseMs);
  return ms * (1 + pause.jitter * (2 * random - 1));
}

/**
 * So many callers, each with one call in flight: the next starts when the last has ended. One whose calls fail at once does not
 * spin ({@link pauseAfter}): that would measure this program, and take from the target what it needs to recover.
 */
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
  let pauses = 0;
  let closed = false;

  const finish = (): void => {
    if (closed) return;
    closed = true;
    signal.removeEventListener('abort', finish);
    const lastAt = Math.min(performance.now(), endAt);
    resolve({ lastAt, intended: null, begun, warmupCalls, inFlight, latestMs: 0, heldBack: false, pauses });
  };
  const stop = (): void => {
    calling -= 1;
    if (calling === 0) finish();
  };
  const next = (failures: number, sentAt: number = performance.now()): void => {
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
    engine.call((status, who, peer, error, held, endedAt = performance.now()) => {
      if (closed) return;
      if (counts) {
        recorder.ended({ dueAt: sentAt, sentAt, endedAt, status, who, peer, error, held });
        inFlight -= 1;
      }
      const inRow = status === 'OK' ? 0 : failures + 1;
      const waitMs = inRow === 0 ? 0 : pauseAfter(inRow, Math.random()) - (endedAt - sentAt);
      if (waitMs <= 0) {
        next(inRow, endedAt);
        return;
      }
      if (counts) pauses += 1;
      // Timers may be early by a part of a millisecond.
      setTimeout(next, Math.ceil(waitMs), inRow);
    }, sentAt);
  };

  signal.addEventListener('abort', finish);
  if (signal.aborted) finish();
  for (let caller = 0; caller < callers; caller += 1) next(0);
  return promise;
}
