import { chiSquareTail } from './chi-square.ts';
import { rule } from './verdict.ts';

/** The chance at which a skew of the stated size is found. */
export const detectionChance = 0.9;
/** What a normal variable stays above with that chance, in standard deviations below its mean. */
const deviations = 1.2816;

/**
 * The smallest skew that a run of so many calls finds in nine of ten runs: by how large a part of the even share one
 * backend gets more, the others sharing the rest evenly. 0.4 with 3 backends: one gets 46.7 % of the calls.
 *
 * Never less than {@link rule.smallestSkew}; null for fewer than two backends or where no skew is found at all.
 */
export function smallestSkewFound(calls: number, backends: number): number | null {
  if (backends < 2) return null;
  const critical = bisect(0, 10_000, (x) => chiSquareTail(x, backends - 1) <= rule.significance);
  const found = (skew: number): boolean =>
    usualStatistic(calls, backends, skew) >= critical && usualSkew(calls, backends, skew) >= rule.smallestSkew;
  // A backend cannot get more than all calls.
  return found(backends - 1) ? bisect(0, backends - 1, found) : null;
}

/**
 * What Pearson's statistic exceeds in nine of ten runs with such a skew: between its moments it is taken for a gamma
 * variable, by the cube root of Wilson and Hilferty.
 */
function usualStatistic(calls: number, backends: number, skew: number): number {
  const { mean, variance } = momentsOf(calls, backends, skew);
  const ninth = variance / (9 * mean ** 2);
  return mean * Math.max(0, 1 - ninth - deviations * Math.sqrt(ninth)) ** 3;
}

/**
 * The exact mean and variance of Pearson's statistic where one backend gets so much more: those of a sum of squares of
 * multinomial counts. A noncentral chi-square variable, whose variance is that of even shares, promises too much where one
 * backend gets most calls.
 */
export function momentsOf(calls: number, backends: number, skew: number): { mean: number; variance: number } {
  const first = (1 + skew) / backends;
  const other = (1 - first) / (backends - 1);
  const sum = (power: number): number => first ** power + (backends - 1) * other ** power;
  const [squares, cubes] = [sum(2), sum(3)];
  const mean = backends * (1 + (calls - 1) * squares) - calls;
  const pairs = 2 * (calls - 1) * (2 * (calls - 2) * cubes + squares - (2 * calls - 3) * squares ** 2);
  return { mean, variance: (backends ** 2 * Math.max(0, pairs)) / calls };
}

/** By how much more than its share that backend gets in nine of ten runs. */
function usualSkew(calls: number, backends: number, skew: number): number {
  const first = (1 + skew) / backends;
  return skew - deviations * backends * Math.sqrt((first * Math.max(0, 1 - first)) / calls);
}

/** The smallest value in the span for which `holds`, which turns from false to true once. */
function bisect(from: number, to: number, holds: (value: number) => boolean): number {
  let low = from;
  let high = to;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
