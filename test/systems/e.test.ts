import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followPage } from '../support/follow-page.ts';
import { countsIn, podsIn } from '../support/page.ts';

test('system E: the page holds', async (t) => {
  await followPage(t, 'e', [
    (output) => {
      assert.equal(output.trim().split('\n').length, 15);
      assert.equal(podsIn(output, 'be1').length, 2);
    },
    (output) => {
      const [fewest, most] = countsIn(output);
      assert.equal(fewest! + most!, 15, output);
      assert.ok(fewest! >= 5, output);
    },
    undefined,
    undefined,
  ]);
});
