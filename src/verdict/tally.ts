import type { CallRecord } from './call-record.ts';
import { quantile } from './quantile.ts';

/** Milliseconds; null where there was no call. */
export interface TallyLatency {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** What a run's calls add up to. */
export interface Tally {
  /** Answers by pod. */
  readonly answered: ReadonlyMap<string, number>;
  /** Answers that did not say who gave them. */
  readonly anonymous: number;
  readonly failures: Record<string, number>;
  readonly failed: number;
  /** Of answered calls alone. */
  readonly latencyMs: TallyLatency;
  /** Of all calls: one that failed counts as slower than every answered one, and no faster than the deadline. */
  readonly latencyOfAllMs: TallyLatency;
}

/** @param deadlineMs - of every call */
export function tally(records: readonly CallRecord[], deadlineMs: number): Tally {
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
  const all = withLost(latencies, failed, deadlineMs);
  return {
    ...{ answered, anonymous, failures, failed },
    latencyMs: latencyOf(all.slice(0, latencies.length)),
    latencyOfAllMs: latencyOf(all),
  };
}

/** Latencies of answered calls, sorted, and after them those of calls that got no answer. */
export function withLost(answered: readonly number[], lost: number, deadlineMs: number): number[] {
  const sorted = answered.toSorted((a, b) => a - b);
  const lostMs = Math.max(deadlineMs, sorted.at(-1) ?? 0);
  return [...sorted, ...Array.from({ length: lost }, () => lostMs)];
}

function latencyOf(sorted: readonly number[]): TallyLatency {
  const at = (part: number): number | null => {
    const value = quantile(sorted, part);
    return value === null ? null : toHundredths(value);
  };
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** A hundredth of a millisecond is more than a timer can tell. */
export function toHundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
