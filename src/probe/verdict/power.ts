import { chiSquareTail } from './chi-square.ts';
import { rule } from './verdict.ts';

/** The chance at which a skew of the stated size is found. */
export const detectionChance = 0.9;

/**
 * The smallest skew that a run of so many calls finds in nine of ten runs: by how large a part of the even share one
 * backend gets more, the others sharing the rest evenly. 0.4 with 3 backends: one gets 46.7 % of the calls.
 *
 * Power of Pearson's test: the statistic is noncentral chi-square with λ = calls × skew² / (backends − 1). Never less than
 * {@link rule.smallestSkew}; null for fewer than two backends or where no skew is found at all.
 */
export function smallestSkewFound(calls: number, backends: number): number | null {
  if (backends < 2 || calls === 0) return null;
  const degrees = backends - 1;
  const critical = bisect(0, 10_000, (x) => chiSquareTail(x, degrees) <= rule.significance);
  // Beyond 1,000 the first Poisson weight underflows; thousands of backends do not need as much.
  const lambda = bisect(0, 1000, (x) => noncentralTail(critical, degrees, x) >= detectionChance);
  const skew = Math.max(rule.smallestSkew, Math.sqrt((lambda * degrees) / calls));
  // A backend cannot get more than all calls.
  return skew > backends - 1 ? null : skew;
}

/** The chance that a noncentral chi-square variable is at least `statistic`: a Poisson mixture of central ones. */
function noncentralTail(statistic: number, degrees: number, lambda: number): number {
  let weight = Math.exp(-lambda / 2);
  let left = 1;
  let tail = 0;
  for (let j = 0; left > 1e-12 && j < 10_000; j += 1) {
    tail += weight * chiSquareTail(statistic, degrees + 2 * j);
    left -= weight;
    weight *= lambda / 2 / (j + 1);
  }
  return tail;
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
