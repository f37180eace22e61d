import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followPage, pods } from '../support/follow-page.ts';
import { countsIn } from '../support/page.ts';

test('system B: the page holds', async (t) => {
  await followPage(t, 'b', [
    pods('server', 3),
    (output) => assert.deepEqual(countsIn(output), [30]),
    (output) => assert.deepEqual(countsIn(output), [30]),
    // One Envoy goes round by itself; its connections to the pods are made with the first calls.
    (output) => {
      const counts = countsIn(output);
      assert.equal(counts.length, 6, output);
      assert.ok(counts[0]! >= 5, output);
    },
    (output) => {
      const counts = countsIn(output);
      assert.equal(counts.length, 3, output);
      assert.ok(counts[0]! >= 5, output);
    },
    pods('server', 1),
  ]);
});
