/**
 * The chance that a chi-square variable with `degrees` degrees of freedom (1 or more) is at least `statistic` (0 or more).
 *
 * It is the regularized upper incomplete gamma function Q(degrees/2, statistic/2), by its series below the turning
 * point and its continued fraction (Lentz) above, to about 1e-12.
 */
export function chiSquareTail(statistic: number, degrees: number): number {
  const a = degrees / 2;
  const x = statistic / 2;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x);
}

/** Pearson's statistic of counts against equal shares. */
export function chiSquareOfEvenShares(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const expected = total / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * 1e-15; n += 1) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = Number.POSITIVE_INFINITY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 10_000; n += 1) {
    const factor = -n * (n - a);
    b += 2;
    // Both sums stay above n where x ≥ a + 1, so nothing is divided by zero.
    d = 1 / (factor * d + b);
    c = b + factor / c;
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return fraction;
}

/** Lanczos' approximation (g = 7, nine terms) of ln Γ(z) for z ≥ 0.5. */
function logGamma(z: number): number {
  const shifted = z - 1;
  const series = lanczos.reduce((sum, term, n) => (n === 0 ? term : sum + term / (shifted + n)), 0);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(series);
}

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
