import { performance } from 'node:perf_hooks';
import { type Arrivals, dueTimes } from './arrivals.ts';
import type { Engine } from './engine.ts';
import { Recorder } from './recorder.ts';

export interface LoadOptions {
  readonly arrivals: Arrivals;
  /** Calls that are due so soon after the start do not count. */
  readonly warmupMs: number;
  /** How long calls that count are begun. */
  readonly durationMs: number;
  /** Ends after so many calls that count, where that comes sooner. */
  readonly calls?: number | undefined;
  /** No call is begun while so many are in flight; open loop only: the wait counts towards latency. */
  readonly maxInFlight: number;
  readonly seed: number;
}

/** What a run came to, beside its calls. */
export interface LoadResult {
  readonly recorder: Recorder;
  /** When counting began: `performance.now()`. */
  readonly startedAt: number;
  /** From the start of counting until the last call was begun, or should have been. */
  readonly measuredMs: number;
  /** Calls a second that were due; null: closed loop. */
  readonly intendedRate: number | null;
  /** Calls a second that were begun. */
  readonly achievedRate: number;
  readonly warmupCalls: number;
  readonly saturation: Saturation;
  readonly interrupted: boolean;
}

/** What this process itself was short of. */
export interface Saturation {
  /** Share of the time that the event loop was busy. */
  readonly busy: number;
  /** Latest that a call was begun after it was due for want of time, in milliseconds. */
  readonly latestMs: number;
  /** Whether calls had to wait since `maxInFlight` were under way. */
  readonly heldBack: boolean;
}

/**
 * A timer cannot fire more finely than this: a call that is begun so much later than it was due counts as on time.
 * Whatever is beyond that counts towards its latency.
 */
export const timerResolutionMs = 2;

/**
 * Makes calls as told and adds them up; resolves once all that were begun have ended.
 *
 * @param signal - begins no more calls; what was measured by then is the result
 */
export function runLoad(
  engine: Engine,
  options: LoadOptions,
  signal: AbortSignal,
  onSecond?: (recorder: Recorder) => void,
): Promise<LoadResult> {
  const run = options.arrivals.loop === 'open' ? openLoop : closedLoop;
  const now = performance.now();
  const startedAt = now + options.warmupMs;
  const recorder = new Recorder(startedAt);
  const ticking = onSecond === undefined ? undefined : setInterval(() => onSecond(recorder), 1000);
  const busySince = performance.eventLoopUtilization();
  return run(engine, options, { recorder, beganAt: now, startedAt, signal })
    .then((made) => {
      const { utilization } = performance.eventLoopUtilization(busySince);
      const { lastAt, intended, begun, ...rest } = made;
      const measuredMs = Math.max(0, lastAt - startedAt);
      const perSecond = (count: number): number => (measuredMs === 0 ? 0 : (count * 1000) / measuredMs);
      return {
        ...{ recorder, startedAt, measuredMs, warmupCalls: rest.warmupCalls, interrupted: signal.aborted },
        intendedRate:
          rest.dueMs === undefined ? (intended === null ? null : perSecond(intended)) : (intended! * 1000) / rest.dueMs,
        achievedRate: perSecond(begun),
        saturation: { busy: utilization, latestMs: rest.latestMs, heldBack: rest.heldBack },
      };
    })
    .finally(() => clearInterval(ticking));
}

interface Run {
  readonly recorder: Recorder;
  readonly beganAt: number;
  readonly startedAt: number;
  readonly signal: AbortSignal;
}

interface Made {
  readonly lastAt: number;
  readonly intended: number | null;
  /** How long the intended calls take at their rate, where their number ended the run. */
  readonly dueMs?: number | undefined;
  readonly begun: number;
  readonly warmupCalls: number;
  readonly latestMs: number;
  readonly heldBack: boolean;
}

function openLoop(engine: Engine, options: LoadOptions, { recorder, beganAt, startedAt, signal }: Run): Promise<Made> {
  const { arrivals, warmupMs, durationMs, calls = Number.POSITIVE_INFINITY, maxInFlight, seed } = options;
  if (arrivals.loop !== 'open') throw new TypeError('not an open loop');
  const warmRate = { ...arrivals, shape: 'constant', rates: [Math.max(...arrivals.rates)] } as const;
  const warm = [...dueTimes(warmRate, warmupMs, seed ^ 0x5eed)];
  const counted = dueTimes(arrivals, durationMs, seed);
  const finished = Promise.withResolvers<Made>();
  let inFlight = 0;
  let warmed = 0;
  let begun = 0;
  let latestMs = 0;
  let heldBack = false;
  let waitingSince = Number.NaN;
  let next: { readonly at: number; readonly counts: boolean } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastAt = startedAt;
  let over = false;

  const advance = (): void => {
    if (warmed < warm.length) {
      next = { at: beganAt + warm[warmed]!, counts: false };
      warmed += 1;
      return;
    }
    const { value, done } = counted.next();
    next = done === true || begun >= calls ? undefined : { at: startedAt + value, counts: true };
  };
  const end = (at: number): void => {
    clearTimeout(timer);
    over = true;
    next = undefined;
    lastAt = at;
  };
  const finish = (): void => {
    if (!over || inFlight > 0) return;
    signal.removeEventListener('abort', abort);
    // The first is due at once, so there is one gap fewer than calls.
    const dueMs = begun >= calls && begun > 1 ? ((lastDueAt - startedAt) * begun) / (begun - 1) : undefined;
    finished.resolve({ lastAt, intended, dueMs, begun, warmupCalls: warmed, latestMs, heldBack });
  };
  let lastDueAt = startedAt;
  let intended = 0;
  const abort = (): void => {
    if (over) return;
    end(Math.min(performance.now(), startedAt + durationMs));
    finish();
  };

  const begin = (dueAt: number, counts: boolean, now: number): void => {
    inFlight += 1;
    engine.call((status, who, peer, error) => {
      const endedAt = performance.now();
      if (counts) recorder.ended(dueAt, now, endedAt, status, who, peer, error);
      const wasFull = inFlight === maxInFlight;
      inFlight -= 1;
      if (wasFull && !over) release();
      finish();
    });
  };
  const release = (): void => {
    clearTimeout(timer);
    while (next !== undefined) {
      const now = performance.now();
      if (next.at > now) {
        timer = setTimeout(release, Math.max(1, Math.floor(next.at - now)));
        return;
      }
      // Counted as intended even while it cannot be begun: an overload must show in the achieved rate.
      if (inFlight >= maxInFlight) {
        heldBack = true;
        if (Number.isNaN(waitingSince)) waitingSince = now;
        if (now > startedAt + durationMs) break;
        timer = setTimeout(release, 50);
        return;
      }
      const late = now - next.at;
      if (Number.isNaN(waitingSince)) latestMs = Math.max(latestMs, late);
      else if (late < timerResolutionMs) waitingSince = Number.NaN;
      // What could not be begun in the time of the run is not begun after it.
      if (now > startedAt + durationMs + timerResolutionMs * 50) break;
      const dueAt = Math.max(next.at, Math.min(now, next.at + timerResolutionMs));
      const { counts } = next;
      if (counts) {
        begun += 1;
        intended += 1;
        lastDueAt = next.at;
        recorder.due(dueAt);
      }
      begin(dueAt, counts, now);
      advance();
    }
    if (next !== undefined) {
      // Those that were due and never begun.
      for (; next !== undefined; advance()) {
        if (!next.counts) continue;
        intended += 1;
        recorder.due(next.at);
      }
    }
    const byCount = begun >= calls;
    end(byCount ? Math.min(performance.now(), startedAt + durationMs) : startedAt + durationMs);
    finish();
  };
  signal.addEventListener('abort', abort);
  advance();
  release();
  if (signal.aborted) abort();
  return finished.promise;
}

function closedLoop(engine: Engine, options: LoadOptions, { recorder, startedAt, signal }: Run): Promise<Made> {
  const { arrivals, durationMs, calls = Number.POSITIVE_INFINITY } = options;
  if (arrivals.loop !== 'closed') throw new TypeError('not a closed loop');
  const finished = Promise.withResolvers<Made>();
  const endAt = startedAt + durationMs;
  let callers = arrivals.callers;
  let begun = 0;
  let warmupCalls = 0;
  const stop = (): void => {
    callers -= 1;
    if (callers > 0) return;
    const lastAt = Math.min(performance.now(), endAt);
    finished.resolve({ lastAt, intended: null, begun, warmupCalls, latestMs: 0, heldBack: false });
  };
  const next = (): void => {
    const sentAt = performance.now();
    if (signal.aborted || sentAt >= endAt || begun >= calls) {
      stop();
      return;
    }
    const counts = sentAt >= startedAt;
    if (counts) {
      begun += 1;
      recorder.due(sentAt);
    } else warmupCalls += 1;
    engine.call((status, who, peer, error) => {
      const endedAt = performance.now();
      if (counts) recorder.ended(sentAt, sentAt, endedAt, status, who, peer, error);
      // A call that fails at once must not spin.
      if (status !== 'OK' && endedAt - sentAt < 1) setTimeout(next, 1);
      else next();
    });
  };
  for (let caller = 0; caller < arrivals.callers; caller += 1) next();
  return finished.promise;
}
