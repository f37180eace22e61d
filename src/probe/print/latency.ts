import { isLost } from '../../verdict/quantile.ts';

/** Calls that a percentile is of. */
interface Counted {
  /** All that were made. */
  readonly calls: number;
  readonly failed: number;
}

/**
 * A percentile of all calls, in milliseconds, as tables have it: `3.4`, `≥1000` where that call got no answer, `–` where
 * there was no call.
 */
export function percentile(part: number, value: number | null, { calls, failed }: Counted): string {
  if (value === null) return '–';
  return `${isLost(part, calls - failed, failed) ? '≥' : ''}${value.toFixed(value < 100 ? 1 : 0)}`;
}
