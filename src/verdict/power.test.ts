import assert from 'node:assert/strict';
import { test } from 'node:test';
import { momentsOf, smallestSkewFound } from './power.ts';

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} instead of ${expected}`);
}

// Of two backends the one with a skew of 1/2 gets three of four calls; with a skew of 1/3 two of three.
test("the moments of Pearson's statistic, against every outcome of two and of three calls", () => {
  // Both calls go the same way with 9/16 + 1/16 = 5/8, which makes 2; else it is 0.
  const ofTwo = momentsOf(2, 2, 1 / 2);
  near(ofTwo.mean, 5 / 4);
  near(ofTwo.variance, 4 * (5 / 8) * (3 / 8));
  // All three go the same way with 8/27 + 1/27 = 1/3, which makes 3; else it is 1/3.
  const ofThree = momentsOf(3, 2, 1 / 3);
  near(ofThree.mean, 3 * (1 / 3) + (1 / 3) * (2 / 3));
  near(ofThree.variance, (3 - 1 / 3) ** 2 * (1 / 3) * (2 / 3));
});

test('with very many calls it is chance around the floor that decides', () => {
  // A share of p = (1 + skew)/3 falls short by 1.2816 √(p(1 − p)/calls) in one of ten runs, three times that as skew.
  near(smallestSkewFound(1_000_000, 3)!, 0.05 + 3.8448 * Math.sqrt((0.3506115 * 0.6493885) / 1_000_000));
});

test('two backends are enough, one or no call is not', () => {
  // The statistic is 300 skew², found above 3.588² (1 in 3,000), and skew falls short by 1.2816 √((1 − skew²)/300).
  const skew = (3.588 + 1.2816 * Math.sqrt(1 - 0.278 ** 2)) / Math.sqrt(300);
  assert.ok(Math.abs(smallestSkewFound(300, 2)! - skew) < 0.005, `${smallestSkewFound(300, 2)} instead of ${skew}`);
  assert.equal(smallestSkewFound(300, 1), null);
  assert.equal(smallestSkewFound(0, 3), null);
});
