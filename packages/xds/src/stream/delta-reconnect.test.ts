import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshotCache, typeUrls } from '../index.ts';
import { assignment, cluster, startFixture } from '../testing/fixture.ts';

// xds_protocol, "Incremental xDS": initial_resource_versions.

const { cluster: cds, endpoint: eds } = typeUrls;

/** Names and versions, as a client remembers them. */
function versionsOf(resources: readonly { name: string; version?: string | undefined }[]): Record<string, string> {
  return Object.fromEntries(resources.map(({ name, version }) => [name, version ?? '']));
}

test('a client that has everything is sent nothing', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [assignment('a'), assignment('b')] });
  const client = await connect();
  const { resources } = await client.delta().requestResponseAck(eds, { subscribe: ['a', 'b'] });
  const again = client.delta();
  again.request(eds, { subscribe: ['a', 'b'], initialVersions: versionsOf(resources) });
  await again.expectNoResponse();
  cache.set(assignment('a', 2));
  assert.deepEqual((await again.responseAck(eds)).names, ['a']);
});

test('a client is sent what changed, came and went meanwhile', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('same'), cluster('changed'), cluster('gone')] });
  const client = await connect();
  const { resources } = await client.delta().requestResponseAck(cds);
  cache.update({ set: [cluster('changed', 2), cluster('new')], remove: [cluster('gone')] });
  const again = client.delta();
  const response = await again.requestResponseAck(cds, { subscribe: ['*'], initialVersions: versionsOf(resources) });
  assert.deepEqual([response.names, response.removed], [['changed', 'new'], ['gone']]);
  await again.expectNoResponse();
});

test('the legacy wildcard resumes as well', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('a'), cluster('b')] });
  const client = await connect();
  const { resources } = await client.delta().requestResponseAck(cds);
  cache.remove(cds, 'a');
  const again = client.delta();
  assert.deepEqual((await again.requestResponseAck(cds, { initialVersions: versionsOf(resources) })).removed, ['a']);
});

test('versions of names that are not subscribed are of no interest', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(assignment('a'));
  const ads = (await connect()).delta();
  const response = await ads.requestResponseAck(eds, { subscribe: ['a'], initialVersions: { other: '1' } });
  assert.deepEqual([response.names, response.removed], [['a'], []]);
});

test('initial versions after the first request of a type do not count', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [assignment('a'), assignment('b')] });
  const ads = (await connect()).delta();
  await ads.requestResponseAck(eds, { subscribe: ['a'] });
  const response = await ads.requestResponseAck(eds, {
    subscribe: ['b'],
    initialVersions: { b: assignment('b').version },
  });
  assert.deepEqual(response.names, ['b']);
});

test('a client that moves to another replica is sent nothing that it has', async (t) => {
  const resources = [cluster('a'), cluster('b'), assignment('a')];
  const replicas = await Promise.all(
    [resources, resources.toReversed()].map((set) => {
      const cache = new SnapshotCache();
      cache.update({ set });
      return startFixture(t, { cache });
    }),
  );
  const [first, second] = await Promise.all(replicas.map(({ connect }) => connect()));
  const before = await first!.delta().requestResponseAck(cds);
  const after = second!.delta();
  after.request(cds, { initialVersions: versionsOf(before.resources) });
  await after.expectNoResponse();
});

test('two replicas with the same content send the same versions', async (t) => {
  const resources = [cluster('a'), cluster('b'), assignment('a'), assignment('b')];
  const versions = await Promise.all(
    [resources, resources.toReversed()].map(async (set) => {
      const cache = new SnapshotCache();
      const { connect } = await startFixture(t, { cache });
      for (const resource of set) cache.set(resource);
      const client = await connect();
      const sotw = client.sotw();
      const delta = client.delta();
      return [
        (await sotw.requestResponseAck(cds)).version,
        (await sotw.requestResponseAck(eds, ['a'])).version,
        (await sotw.requestResponseAck(eds, ['b', 'a'])).version,
        (await delta.requestResponseAck(cds)).version,
      ];
    }),
  );
  assert.deepEqual(versions[0], versions[1]);
  assert.equal(new Set(versions[0]).size, 3, 'CDS, one assignment, two; delta as state of the world');
});
