import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { detectionChance, smallestSkewFound } from './power.ts';
import { judge, minimumCalls, rule } from './verdict.ts';

/** A small seeded generator (mulberry32), so that a simulation says the same on every machine. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Calls that each choose a backend at random; the first backend's share is larger by `skew` of the even one. */
function draw(random: () => number, calls: number, backends: number, skew = 0): number[] {
  const counts = new Array<number>(backends).fill(0);
  const first = (1 + skew) / backends;
  for (let call = 0; call < calls; call += 1) {
    const value = random();
    const index = value < first ? 0 : 1 + Math.floor(((value - first) / (1 - first)) * (backends - 1));
    counts[Math.min(index, backends - 1)]! += 1;
  }
  return counts;
}

function rateOf(runs: number, holds: () => boolean): number {
  let found = 0;
  for (let run = 0; run < runs; run += 1) if (holds()) found += 1;
  return found / runs;
}

describe('judge', () => {
  test('all calls at one backend: pinned', () => {
    assert.equal(judge([0, 300, 0]).verdict, 'pinned');
  });

  test('more than one but not all: partial', () => {
    assert.deepEqual(judge([150, 150, 0]), { verdict: 'partial', reached: 2, maxSpread: 150, pValue: null });
  });

  test('round robin: balanced, exact', () => {
    const { verdict, reached, maxSpread } = judge([101, 100, 100]);
    assert.deepEqual({ verdict, reached, maxSpread }, { verdict: 'balanced', reached: 3, maxSpread: 1 });
  });

  test('what chance explains is balanced, what it does not is skewed', () => {
    assert.equal(judge([88, 97, 115]).verdict, 'balanced');
    const skewed = judge([60, 100, 140]);
    assert.equal(skewed.verdict, 'skewed');
    assert.ok(skewed.pValue !== null && skewed.pValue < rule.significance);
  });

  test('a difference that is certain but below the floor is balanced', () => {
    assert.equal(judge([1_020_000, 1_000_000, 980_000]).verdict, 'balanced');
    assert.equal(judge([1_050_000, 1_000_000, 950_000]).verdict, 'skewed');
  });

  test('too few calls, one backend or none: inconclusive', () => {
    assert.equal(judge([minimumCalls(3) - 1, 0, 0]).verdict, 'inconclusive');
    assert.equal(judge([minimumCalls(3), 0, 0]).verdict, 'pinned');
    assert.equal(judge([300]).verdict, 'inconclusive');
    assert.equal(judge([0, 0, 0]).verdict, 'inconclusive');
    assert.deepEqual(judge([]), { verdict: 'inconclusive', reached: 0, maxSpread: 0, pValue: null });
    assert.deepEqual([minimumCalls(0), minimumCalls(1)], [1, 1]);
  });
});

describe('error rates', () => {
  const cases = [2, 3, 6, 10].flatMap((backends) =>
    [minimumCalls(backends), 100, 300].map((calls) => ({ backends, calls: Math.max(calls, minimumCalls(backends)) })),
  );
  for (const { backends, calls } of cases) {
    test(`an even random choice of ${backends} backends, ${calls} calls: false alarms under 1 in 1,000`, () => {
      const random = seeded(backends * 1000 + calls);
      const alarms = rateOf(20_000, () => judge(draw(random, calls, backends)).verdict !== 'balanced');
      assert.ok(alarms < 1 / 1000, `${alarms}`);
    });
  }

  for (const [calls, backends] of [
    [300, 3],
    [300, 6],
    [3000, 6],
  ] as const) {
    test(`the skew said to be found in ${calls} calls to ${backends} backends is found in nine of ten runs`, () => {
      const random = seeded(calls + backends);
      const skew = smallestSkewFound(calls, backends)!;
      const found = rateOf(2000, () => judge(draw(random, calls, backends, skew)).verdict === 'skewed');
      assert.ok(Math.abs(found - detectionChance) < 0.05, `${found} at ${skew}`);
    });
  }

  test('more calls find smaller skews, never below the floor; too few find none', () => {
    assert.ok(smallestSkewFound(1000, 3)! < smallestSkewFound(300, 3)!);
    const finest = smallestSkewFound(1_000_000, 3)!;
    assert.ok(finest > rule.smallestSkew && finest < rule.smallestSkew + 0.005, `${finest}`);
    assert.equal(smallestSkewFound(5, 3), null);
  });
});
