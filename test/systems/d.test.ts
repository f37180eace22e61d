import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Check, followPage, pods } from '../support/follow-page.ts';
import { countsIn } from '../support/page.ts';

test('system D: the page holds', async (t) => {
  const pinned: Check = (output) => assert.deepEqual(countsIn(output), [30]);
  const spread: Check = (output) => {
    const counts = countsIn(output);
    assert.equal(counts.length, 5, output);
    assert.ok(counts[0]! >= 3, output);
  };
  await followPage(t, 'd', [
    pods('sample-service-grpc', 1),
    (output) => assert.match(output, /^0 restarts/m),
    pods('sample-service-grpc', 1),
    pinned,
    pinned,
    spread,
    spread,
    (output) => assert.match(output, /^5$/m),
    undefined,
    pinned,
    undefined,
    undefined,
    (output) => assert.match(output, /^ *\d+ 200\n$/),
    // Longer than the age, or it would not have been in flight when the connection was told to end.
    (output) => {
      const [, status, seconds] = /^(\d+) after ([\d.]+) s$/m.exec(output)!;
      assert.equal(status, '200');
      assert.ok(Number(seconds) >= 2.9, output);
    },
  ]);
});
