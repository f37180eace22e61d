import { quantile } from '../../src/verdict/quantile.ts';

/** Milliseconds. */
export interface Times {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

export function timesOf(times: readonly number[]): Times {
  const sorted = times.map(Math.round).toSorted((a, b) => a - b);
  return { least: sorted[0]!, median: quantile(sorted, 0.5)!, most: sorted.at(-1)! };
}

export function timesText({ least, median, most }: Times): string {
  return `${median} ms (${least} to ${most})`;
}
