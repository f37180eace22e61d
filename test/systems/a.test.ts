import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followPage, pods } from '../support/follow-page.ts';
import { countsIn } from '../support/page.ts';

test('system A: the page holds', async (t) => {
  await followPage(t, 'a', [
    pods('hellogrpc', 1),
    (output) => {
      const counts = countsIn(output);
      assert.equal(counts.length, 3);
      // Each of three gateways goes round by itself, and the first calls of each find not every pod connected.
      assert.ok(counts[0]! >= 5, output);
    },
    pods('hellohttp', 1),
    pods('hellohttp', 3),
    undefined,
  ]);
});
