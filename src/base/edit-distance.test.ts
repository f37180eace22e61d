import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance } from './edit-distance.ts';

test('letters that differ, are missing, are too many or are swapped count one each', () => {
  const cases: [a: string, b: string, distance: number][] = [
    ['', '', 0],
    ['orders', 'orders', 0],
    ['ordres', 'orders', 1],
    ['order', 'orders', 1],
    ['orderss', 'orders', 1],
    ['orbers', 'orders', 1],
    ['ordrse', 'orders', 2],
    ['cart', 'orders', 4],
    ['a', 'abcdefgh', 4],
  ];
  for (const [a, b, distance] of cases) {
    assert.equal(editDistance(a, b, 3), distance, `${a} ${b}`);
    assert.equal(editDistance(b, a, 3), distance, `${b} ${a}`);
  }
});
