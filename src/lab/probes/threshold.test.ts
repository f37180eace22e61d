import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Threshold } from './threshold.ts';

test('only so many results in a row change the state', () => {
  const threshold = new Threshold(true, { successThreshold: 2, failureThreshold: 3 });
  const changes = [false, false, true, false, false, false, true, false, true, true].map((result) =>
    threshold.add(result),
  );
  assert.deepEqual(changes, [false, false, false, false, false, true, false, false, false, true]);
  assert.equal(threshold.passing, true);
});
