import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { isLost, rankOf } from '../../verdict/quantile.ts';

/** Latencies in milliseconds; null where there was no call. */
export interface Latency {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
  readonly mean: number | null;
}

export const noLatency: Latency = { p50: null, p90: null, p99: null, p999: null, max: null, mean: null };

/** As a line of a report has it. */
export function shortOf({ p50, p99, max }: Latency): Pick<Latency, 'p50' | 'p99' | 'max'> {
  return { p50, p99, max };
}

/** Microseconds. */
const longest = 3_600_000_000;

/** HDR histograms hold microseconds with three digits, up to an hour. */
export const newHistogram = (): RecordableHistogram => createHistogram({ lowest: 1, highest: longest, figures: 3 });

/** As a histogram takes it: it has no zero, and would leave out what is longer than an hour. */
export function microsOf(ms: number): number {
  return Math.min(longest, Math.max(1, Math.round(ms * 1000)));
}

/** Of what the histogram holds. */
export function latencyOf(histogram: RecordableHistogram): Latency {
  return latencyOfAll(histogram, 0, 0);
}

/**
 * Of answered calls and those that got no answer together: each of these counts as slower than every answered one, with
 * the whole deadline as the least that it took. Percentiles are by nearest rank.
 *
 * @param answered - microseconds
 * @param lost - calls that got no answer
 */
export function latencyOfAll(answered: RecordableHistogram, lost: number, deadlineMs: number): Latency {
  const total = answered.count + lost;
  if (total === 0) return noLatency;
  const ms = (micros: number): number => Math.round(micros / 10) / 100;
  const lostMs = answered.count === 0 ? deadlineMs : Math.max(deadlineMs, ms(answered.max));
  const at = (part: number): number =>
    isLost(part, answered.count, lost) ? lostMs : ms(answered.percentile((100 * rankOf(part, total)) / answered.count));
  const sum = (answered.count === 0 ? 0 : answered.mean * answered.count) + lost * lostMs * 1000;
  return {
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: lost > 0 ? lostMs : ms(answered.max),
    mean: ms(sum / total),
  };
}
