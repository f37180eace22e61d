import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdsServer, fromAny, SnapshotCache } from '@evenkeel/xds';
import type { Driver } from './driver.ts';
import { checks, runChecks } from './suite.ts';

test('evenkeel holds every check', async (t) => {
  const cache = new SnapshotCache();
  // No more streams to a connection than one check needs: servers may bound them.
  const server = new AdsServer({ cache, group: ({ id }) => id, graceMs: 0, limits: { streamsPerSession: 10 } });
  t.after(() => server.close());
  const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const driver: Driver = {
    ...{ name: 'evenkeel', server: undefined, isShared: false },
    apply: async ({ node, set, remove }) =>
      cache.update({
        group: node,
        set: set.map(({ typeUrl, name, value }) => fromAny({ typeUrl, value }, { name })),
        remove,
      }),
    close: async () => {},
  };
  const results = await runChecks(driver, `${host}:${port}`, checks, { patienceMs: 300_000, quietMs: 20 });
  assert.deepEqual(
    results.filter(({ outcome }) => outcome !== 'held').map(({ check, detail }) => `${check.id}: ${detail}`),
    [],
  );
});
