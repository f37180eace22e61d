import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chiSquareOfEvenShares, chiSquareTail } from './chi-square.ts';

test('the tail agrees with printed tables of critical values', () => {
  const table: [statistic: number, degrees: number, tail: number][] = [
    [3.8414588, 1, 0.05],
    [10.8275662, 1, 0.001],
    [5.9914645, 2, 0.05],
    [13.8155106, 2, 0.001],
    [11.0704977, 5, 0.05],
    [20.5150057, 5, 0.001],
    [27.8771649, 9, 0.001],
    [124.3421134, 100, 0.05],
  ];
  for (const [statistic, degrees, tail] of table) {
    assert.ok(Math.abs(chiSquareTail(statistic, degrees) / tail - 1) < 1e-6, `${statistic} with ${degrees}`);
  }
});

test('with two degrees of freedom the tail is exp(-x/2), on both sides of the turning point', () => {
  for (const x of [1e-4, 0.1, 1, 3.9, 4.1, 30, 200]) {
    assert.ok(Math.abs(chiSquareTail(x, 2) / Math.exp(-x / 2) - 1) < 1e-9, String(x));
  }
});

test('nothing is more likely than a statistic of zero', () => {
  assert.equal(chiSquareTail(0, 4), 1);
});

test('the statistic of counts against even shares', () => {
  assert.equal(chiSquareOfEvenShares([10, 10, 10]), 0);
  assert.equal(chiSquareOfEvenShares([20, 10, 0]), 20);
});
