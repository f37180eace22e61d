import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { ClusterLoadAssignmentSchema } from '../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { encodeResource, fromAny, SnapshotCache, typeUrls } from '../index.ts';
import { assignment, cluster, listener, startFixture } from '../testing/fixture.ts';

const { cluster: cds, endpoint: eds, listener: lds } = typeUrls;

test('a node sees the layer of its group over the shared one', async (t) => {
  const { cache, connect } = await startFixture(t, { group: ({ cluster }) => cluster });
  cache.update({ set: [assignment('a'), assignment('b')] });
  cache.update({ group: 'blue', set: [assignment('a', 2)] });
  const blue = (await connect({ node: { cluster: 'blue' } })).sotw();
  const green = (await connect({ node: { cluster: 'green' } })).sotw();
  const ofBlue = await blue.requestResponseAck(eds, ['a', 'b']);
  const ofGreen = await green.requestResponseAck(eds, ['a', 'b']);
  assert.deepEqual(
    ofBlue.resources.map(({ bytes }) => Buffer.from(bytes)),
    [assignment('a', 2), assignment('b')].map(({ bytes }) => bytes),
  );
  assert.deepEqual(Buffer.from(ofGreen.resources[0]!.bytes), assignment('a').bytes);
  assert.notEqual(ofBlue.version, ofGreen.version);
});

test('a change of one group touches no other', async (t) => {
  const { cache, connect } = await startFixture(t, { group: ({ id }) => id });
  const first = (await connect({ node: { id: 'first' } })).sotw();
  const second = (await connect({ node: { id: 'second' } })).sotw();
  await first.requestResponseAck(cds);
  await second.requestResponseAck(cds);
  cache.set(cluster('a'), { group: 'first' });
  assert.deepEqual((await first.responseAck(cds)).names, ['a']);
  await second.expectNoResponse();
});

test('a shared change behind a resource of the own layer is not seen', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(assignment('a'));
  cache.set(assignment('a', 2), { group: '' });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(eds, ['a']);
  cache.set(assignment('a', 3));
  await ads.expectNoResponse();
  cache.remove(eds, 'a', { group: '' });
  assert.deepEqual(Buffer.from((await ads.responseAck(eds)).resources[0]!.bytes), assignment('a', 3).bytes);
});

test('a wildcard may be limited to the own layer, names are found in both', async (t) => {
  const cache = new SnapshotCache({
    wildcard: (group, typeUrl) => (group === 'envoy' && typeUrl === lds ? 'own' : 'all'),
  });
  const { connect } = await startFixture(t, { cache, group: ({ id }) => id });
  cache.update({ set: [listener('for-grpc'), cluster('shared')] });
  cache.update({ group: 'envoy', set: [listener('gateway')] });
  const client = await connect({ node: { id: 'envoy' } });
  for (const stream of [client.sotw(), client.delta()]) {
    stream.request(lds);
    assert.deepEqual((await stream.responseAck(lds)).names, ['gateway']);
    stream.request(cds);
    assert.deepEqual((await stream.responseAck(cds)).names, ['shared']);
    cache.set(listener('for-grpc', `changed-${stream.constructor.name}`));
    await stream.expectNoResponse();
  }
  assert.deepEqual((await client.sotw().requestResponseAck(lds, ['for-grpc'])).names, ['for-grpc']);
});

test('a version that the caller gives to a snapshot appears unchanged in both variants', async (t) => {
  const { cache, connect } = await startFixture(t);
  const resources = [cluster('a'), cluster('b'), listener('a')];
  cache.setSnapshot({ group: '', resources, version: 'v1', versions: { [lds]: 'l1' } });
  const client = await connect();
  const [sotw, delta] = [client.sotw(), client.delta()];
  assert.equal((await sotw.requestResponseAck(cds)).version, 'v1');
  assert.equal((await delta.requestResponseAck(cds)).version, 'v1');
  // On a stream of its own: one that has taken listeners keeps clusters until it has asked for routes, or for 5 s.
  assert.equal((await client.sotw().requestResponseAck(lds)).version, 'l1');
  cache.setSnapshot({ group: '', resources: [cluster('a'), listener('a')], version: 'v2' });
  assert.equal((await sotw.responseAck(cds)).version, 'v2');
  assert.equal((await delta.responseAck(cds)).version, 'v2');
});

test('resource by resource: set, update and remove, each with a version of the caller', async (t) => {
  const { cache, connect } = await startFixture(t);
  const packed = (serviceVersion: string) =>
    fromAny(
      {
        typeUrl: eds,
        value: encodeResource(ClusterLoadAssignmentSchema, create(ClusterLoadAssignmentSchema, { clusterName: 'a' }))
          .bytes,
      },
      { version: serviceVersion },
    );
  const client = await connect();
  const [sotw, delta] = [client.sotw(), client.delta()];
  cache.set(packed('1'), { group: '', version: '1' });
  assert.equal((await sotw.requestResponseAck(eds, ['a'])).version, '1');
  const first = await delta.requestResponseAck(eds, { subscribe: ['a'] });
  assert.deepEqual([first.version, first.resources[0]?.version], ['1', '1']);

  cache.set(packed('2'), { group: '', version: '2' });
  assert.equal((await sotw.responseAck(eds)).version, '2');
  assert.equal((await delta.responseAck(eds)).resources[0]?.version, '2');

  cache.remove(eds, 'a', { group: '', version: '3' });
  const removal = await delta.responseAck(eds);
  assert.deepEqual([removal.version, removal.removed], ['3', ['a']]);
});

test('the version of the last removal appears in the empty response', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(cluster('a'), { group: '', version: '1' });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(cds);
  cache.remove(cds, 'a', { group: '', version: '2' });
  const { names, version } = await ads.responseAck(cds);
  assert.deepEqual([names, version], [[], '2']);
});

test('a given version holds until a change without one', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(cluster('a'), { version: 'mine' });
  const ads = (await connect()).sotw();
  assert.equal((await ads.requestResponseAck(cds)).version, 'mine');
  cache.set(cluster('a', 2));
  assert.equal((await ads.responseAck(cds)).version, cluster('a', 2).version);
});

test('a single resource gives its own version to the response', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [assignment('a'), assignment('b')] });
  const ads = (await connect()).sotw();
  assert.equal((await ads.requestResponseAck(eds, ['a'])).version, assignment('a').version);
});

test('the version changes with the content and comes back with it', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('a'), cluster('b')] });
  const ads = (await connect()).sotw();
  const before = await ads.requestResponseAck(cds);
  cache.set(cluster('a', 2));
  const between = await ads.responseAck(cds);
  cache.set(cluster('a'));
  const after = await ads.responseAck(cds);
  assert.notEqual(before.version, between.version);
  assert.equal(after.version, before.version);
});

test('the identifier of the control plane is in every response', async (t) => {
  const { connect } = await startFixture(t, { identifier: 'replica-1' });
  const client = await connect();
  assert.equal((await client.sotw().requestResponseAck(cds)).identifier, 'replica-1');
  assert.equal((await client.delta().requestResponseAck(cds)).identifier, 'replica-1');
});
