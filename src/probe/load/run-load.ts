import { performance } from 'node:perf_hooks';
import { closedLoop } from './closed-loop.ts';
import type { Engine } from './engine.ts';
import type { LoadOptions, LoopResult } from './loop.ts';
import { openLoop } from './open-loop.ts';
import { Recorder } from './recorder.ts';

/** What a run came to, beside its calls. */
export interface LoadResult {
  readonly recorder: Recorder;
  /** When counting began: `performance.now()`. */
  readonly startedAt: number;
  /** From the start of counting until the last call was begun, or should have been. */
  readonly measuredMs: number;
  /** Calls a second that were due; null: closed loop. */
  readonly intendedRate: number | null;
  /** Calls a second that were begun and sent; never more than were due. */
  readonly achievedRate: number;
  readonly warmupCalls: number;
  /** Calls that were under way when the run was ended early: neither answered nor failed. */
  readonly inFlight: number;
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
  /** How often a caller of the closed loop waited after a call that had failed. */
  readonly pauses: number;
}

/**
 * Makes calls as told and adds them up; resolves once all that were begun have ended.
 *
 * @param signal - ends it at once: what was measured by then is the result, and calls under way are counted as such
 */
export async function runLoad(
  engine: Engine,
  options: LoadOptions,
  signal: AbortSignal,
  onSecond?: (recorder: Recorder) => void,
): Promise<LoadResult> {
  const { arrivals, warmupMs, deadlineMs } = options;
  const beganAt = performance.now();
  const startedAt = beganAt + warmupMs;
  const recorder = new Recorder(startedAt, deadlineMs);
  const ticking = onSecond === undefined ? undefined : setInterval(() => onSecond(recorder), 1000);
  const busySince = performance.eventLoopUtilization();
  const run = { engine, options, recorder, beganAt, startedAt, signal };
  try {
    const made = await (arrivals.loop === 'open' ? openLoop(run, arrivals) : closedLoop(run, arrivals));
    const { utilization } = performance.eventLoopUtilization(busySince);
    const { warmupCalls, inFlight, latestMs, heldBack, pauses } = made;
    const measuredMs = Math.max(0, made.lastAt - startedAt);
    return {
      ...{ recorder, startedAt, measuredMs, warmupCalls, inFlight, interrupted: signal.aborted },
      ...ratesOf(made, measuredMs, recorder.notSent),
      saturation: { busy: utilization, latestMs, heldBack, pauses },
    };
  } finally {
    clearInterval(ticking);
  }
}

/** Calls a second, due and sent; pure. */
export function ratesOf(
  { intended, dueMs = 0, begun }: Pick<LoopResult, 'intended' | 'dueMs' | 'begun'>,
  measuredMs: number,
  notSent: number,
): Pick<LoadResult, 'intendedRate' | 'achievedRate'> {
  const perSecond = (count: number, ms: number): number => (ms === 0 ? 0 : (count * 1000) / ms);
  // So many calls take one gap longer than from the first to the last: without it a run of few calls looks too fast.
  const tookMs = Math.max(measuredMs, dueMs);
  return {
    intendedRate: intended === null ? null : perSecond(intended, dueMs || measuredMs),
    achievedRate: perSecond(begun - notSent, tookMs),
  };
}
