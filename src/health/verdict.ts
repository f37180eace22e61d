import type { HealthState } from './target.ts';

export interface HealthSettings {
  /** Milliseconds between two checks of one target. */
  readonly intervalMs: number;
  /** Milliseconds after which a check without an answer has failed. */
  readonly timeoutMs: number;
  /** Successes in a row that make an unhealthy target healthy again. */
  readonly rise: number;
  /** Failures in a row that make a healthy target unhealthy. */
  readonly fall: number;
  /** Share of a delay by which it varies at random, 0 to 1. */
  readonly jitter: number;
}

/** What the checks of one target so far amount to. */
export interface Verdict {
  readonly state: HealthState;
  /** Results in a row that were alike. */
  readonly inARow: number;
  readonly lastOk: boolean;
  readonly wasHealthy: boolean;
}

export const noVerdict: Verdict = { state: 'unknown', inARow: 0, lastOk: false, wasHealthy: false };

/** First delay while a target has never been healthy; it doubles up to the interval. */
const firstRetryMs = 100;

/**
 * The verdict after one more result.
 *
 * The first result decides at once. So does the first success of a target that never was healthy: thresholds are there
 * against flapping, and it has not flapped, it has started.
 */
export function afterResult(before: Verdict, ok: boolean, { rise, fall }: HealthSettings): Verdict {
  const inARow = before.lastOk === ok ? before.inARow + 1 : 1;
  const wasHealthy = before.wasHealthy || ok;
  return { state: nextState(before, ok, inARow, rise, fall), inARow, lastOk: ok, wasHealthy };
}

function nextState(before: Verdict, ok: boolean, inARow: number, rise: number, fall: number): HealthState {
  if (!before.wasHealthy) return ok ? 'healthy' : 'unhealthy';
  if (before.state === 'healthy') return !ok && inARow >= fall ? 'unhealthy' : 'healthy';
  return ok && inARow >= rise ? 'healthy' : 'unhealthy';
}

/**
 * Milliseconds until the next check.
 *
 * @param random - 0 to 1
 */
export function nextDelayMs(verdict: Verdict, { intervalMs, jitter }: HealthSettings, random: number): number {
  const steady = verdict.wasHealthy
    ? intervalMs
    : Math.min(intervalMs, firstRetryMs * 2 ** Math.min(20, Math.max(0, verdict.inARow - 1)));
  return steady * (1 + jitter * (2 * random - 1));
}
