import { chiSquareOfEvenShares, chiSquareTail } from './chi-square.ts';

/** What the answers of one run can say about evenness. */
export const verdicts = ['balanced', 'skewed', 'partial', 'pinned', 'inconclusive'] as const;

export type Verdict = (typeof verdicts)[number];

/** The numbers of the rule; docs/report.md explains them. */
export const rule = {
  /**
   * The chance at which each of the two tests (a backend left out, unequal shares) gives up the assumption that calls
   * are spread evenly at random. Two tests at 1 in 3,000 keep false alarms under 1 in 1,000, even where the approximation
   * of the second is at its worst: with the fewest calls that are judged it rejects up to 1.4 times as often as it should.
   */
  significance: 1 / 3000,
  /** A difference that is real and yet smaller than this part of the even share is no skew anyone needs to act on. */
  smallestSkew: 0.05,
} as const;

export interface Distribution {
  readonly verdict: Verdict;
  /** Backends that answered at least once. */
  readonly reached: number;
  /** Largest minus smallest number of calls; 0 or 1 is as even as whole calls can be. */
  readonly maxSpread: number;
  /** The chance of shares at least so uneven if every call chose a backend at random; null where it was not tested. */
  readonly pValue: number | null;
}

/**
 * The fewest answered calls that allow a verdict: with so many, an even random choice leaves out any backend less than
 * once in 1/significance runs (union bound over the backends).
 */
export function minimumCalls(backends: number): number {
  if (backends < 2) return 1;
  return Math.ceil(Math.log(rule.significance / backends) / Math.log(1 - 1 / backends));
}

/**
 * Judges how calls were spread.
 *
 * - `inconclusive`: fewer than two backends, or fewer answered calls than {@link minimumCalls}
 * - `pinned`: one backend answered all calls
 * - `partial`: more than one answered, but not all
 * - `skewed`: all answered; Pearson's chi-square test rejects equal shares, and a backend is at least
 *   {@link rule.smallestSkew} away from its even share
 * - `balanced`: everything else
 *
 * @param counts - answered calls of every expected backend, zeros included
 */
export function judge(counts: readonly number[]): Distribution {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const reached = counts.filter((count) => count > 0).length;
  const maxSpread = counts.length === 0 ? 0 : Math.max(...counts) - Math.min(...counts);
  const found = { reached, maxSpread, pValue: null };
  if (counts.length < 2 || total < minimumCalls(counts.length)) return { verdict: 'inconclusive', ...found };
  if (reached === 1) return { verdict: 'pinned', ...found };
  if (reached < counts.length) return { verdict: 'partial', ...found };

  const pValue = chiSquareTail(chiSquareOfEvenShares(counts), counts.length - 1);
  const even = total / counts.length;
  const farthest = Math.max(...counts.map((count) => Math.abs(count - even))) / even;
  const skewed = pValue < rule.significance && farthest >= rule.smallestSkew;
  return { verdict: skewed ? 'skewed' : 'balanced', ...found, pValue };
}
