import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLost, quantile } from './quantile.ts';

test('nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.equal(quantile(values, 0.5), 50);
  assert.equal(quantile(values, 0.99), 99);
  assert.equal(quantile(values, 1), 100);
  assert.equal(quantile([7], 0.5), 7);
  assert.equal(quantile([], 0.5), null);
});

test('a rank that only calls without an answer have is lost', () => {
  assert.equal(isLost(0.5, 50, 50), false);
  assert.equal(isLost(0.5, 49, 51), true);
  assert.equal(isLost(0.99, 99, 1), false);
  assert.equal(isLost(1, 99, 1), true);
});

test('of no call nothing is lost', () => {
  assert.equal(isLost(0.5, 0, 0), false);
});
