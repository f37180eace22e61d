import type { CallRecord } from '../client/protocol.ts';
import { quantile } from './quantile.ts';

/** What a run's calls add up to. */
export interface Tally {
  /** Answers by pod. */
  readonly answered: ReadonlyMap<string, number>;
  /** Answers that did not say who gave them. */
  readonly anonymous: number;
  readonly failures: Record<string, number>;
  readonly failed: number;
  readonly latencyMs: { p50: number | null; p99: number | null; max: number | null };
}

export function tally(records: readonly CallRecord[]): Tally {
  const answered = new Map<string, number>();
  const failures: Record<string, number> = {};
  let anonymous = 0;
  let failed = 0;
  const latencies: number[] = [];
  for (const { status, pod, dueAt, endedAt } of records) {
    if (status !== 'OK') {
      failures[status] = (failures[status] ?? 0) + 1;
      failed += 1;
      continue;
    }
    latencies.push(endedAt - dueAt);
    if (pod === undefined) anonymous += 1;
    else answered.set(pod, (answered.get(pod) ?? 0) + 1);
  }
  latencies.sort((a, b) => a - b);
  const at = (part: number): number | null => {
    const value = quantile(latencies, part);
    return value === null ? null : toHundredths(value);
  };
  return { answered, anonymous, failures, failed, latencyMs: { p50: at(0.5), p99: at(0.99), max: at(1) } };
}

/** A hundredth of a millisecond is more than a timer can tell. */
export function toHundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
