import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followPage } from '../support/follow-page.ts';
import { countsIn } from '../support/page.ts';

test('system C: the page holds', async (t) => {
  await followPage(t, 'c', [
    undefined,
    undefined,
    undefined,
    (output) => assert.deepEqual(countsIn(output), new Array(10).fill(3), output),
    undefined,
    (output) => {
      const counts = Object.fromEntries(
        [...output.matchAll(/source="([\w-]+)".*code="(\w+)"} (\d+)$/gm)].map(([, ...row]) => [
          `${row[0]} ${row[1]}`,
          Number(row[2]),
        ]),
      );
      // Every call was made before by this page, one hop a service: three trace forms and GET /service, over HTTP and gRPC.
      const { 'unknown 200': asked, 'unknown 503': refused, ...hops } = counts;
      assert.deepEqual(hops, { 'service-a 200': 4, 'service-a OK': 4, 'service-b 200': 4, 'service-b OK': 4 });
      assert.deepEqual([asked, refused], [10, 1]);
    },
    (output) => {
      const [anywhere, local] = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.doesNotMatch(anywhere.client, /^127\.9\.9\.9:/);
      assert.match(local.client, /^127\.9\.9\.9:\d+$/);
      assert.equal(local.node, 'node-1');
    },
    (output) => assert.deepEqual(countsIn(output), [1, 2], output),
    undefined,
    undefined,
  ]);
});
