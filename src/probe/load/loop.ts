import type { Arrivals } from './arrivals.ts';
import type { Engine } from './engine.ts';
import type { Recorder } from './recorder.ts';

export interface LoadOptions {
  readonly arrivals: Arrivals;
  /** Calls that are due so soon after the start do not count. */
  readonly warmupMs: number;
  /** How long calls that count are begun. */
  readonly durationMs: number;
  /** Of every call. */
  readonly deadlineMs: number;
  /** Ends after so many calls that count, where that comes sooner. */
  readonly calls?: number | undefined;
  /** No call is begun while so many are in flight; open loop only: the wait counts towards latency. */
  readonly maxInFlight: number;
  readonly seed: number;
}

/** One run of a loop. */
export interface LoopRun {
  readonly engine: Pick<Engine, 'call'>;
  readonly options: LoadOptions;
  readonly recorder: Pick<Recorder, 'due' | 'ended'>;
  /** When warm-up began, and when counting does: `performance.now()`. */
  readonly beganAt: number;
  readonly startedAt: number;
  /** Ends it at once. */
  readonly signal: AbortSignal;
  /** Open loop only: begins no more calls, and waits for those in flight. */
  readonly enough?: AbortSignal | undefined;
}

/** What a loop did. */
export interface LoopResult {
  /** When the last call was begun, or should have been. */
  readonly lastAt: number;
  /** Calls that were due; null: closed loop. */
  readonly intended: number | null;
  /** How long so many calls take at their rate, where their number or somebody ended the run. */
  readonly dueMs?: number | undefined;
  readonly begun: number;
  readonly warmupCalls: number;
  readonly inFlight: number;
  readonly latestMs: number;
  readonly heldBack: boolean;
  readonly pauses: number;
}
