import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { adsDeltaPath, adsSotwPath, typeUrls } from '../index.ts';
import { cluster, route, startFixture } from '../testing/fixture.ts';

const { cluster: cds, endpoint: eds, route: rds } = typeUrls;
const node = { id: 'ttl', clientFeatures: ['xds.config.supports-resource-ttl', 'xds.config.resource-in-sotw'] };

test('no TTL is sent, not even to a client that could take one', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(cluster('a'));
  const client = await connect();
  const sotw = client.call(adsSotwPath);
  sotw.send(toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, { node, typeUrl: cds })));
  const [any] = fromBinary(DiscoveryResponseSchema, await sotw.receive()).resources;
  assert.equal(any?.typeUrl, cds, 'not wrapped in a Resource, which is where a TTL would be');
  const delta = client.call(adsDeltaPath);
  delta.send(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, { node, typeUrl: cds })));
  const [resource] = fromBinary(DeltaDiscoveryResponseSchema, await delta.receive()).resources;
  assert.deepEqual([resource?.name, resource?.ttl, resource?.cacheControl], ['a', undefined, undefined]);
});

test('a client may ping far more often than every five minutes and is not sent away', async (t) => {
  const { cache, connect } = await startFixture(t);
  const client = await connect();
  const goaways: number[] = [];
  client.session.on('goaway', (code) => goaways.push(code));
  const ads = client.sotw();
  await ads.requestResponseAck(cds);
  for (let ping = 0; ping < 100; ping++) {
    await new Promise<void>((resolve, reject) => {
      client.session.ping((error) => (error === null ? resolve() : reject(error)));
    });
  }
  cache.set(cluster('a'));
  assert.deepEqual((await ads.responseAck(cds)).names, ['a']);
  assert.deepEqual(goaways, []);
});

for (const typeUrl of [rds, eds]) {
  const name = typeUrl.split('.').at(-1);
  test(`${name}: "*" is a wildcard although no empty request is one`, async (t) => {
    const { cache, connect } = await startFixture(t);
    const client = await connect();
    cache.set(route('a'));
    const names = typeUrl === rds ? ['a'] : [];
    const delta = client.delta();
    assert.deepEqual((await delta.requestResponseAck(typeUrl, { subscribe: ['*'] })).names, names);
    await delta.expectNoResponse();
  });
}

test('when everything goes at once, a wildcard is told so in one empty response of each full type', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('a'), cluster('b')] });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(cds);
  cache.clear();
  assert.deepEqual((await ads.responseAck(cds)).names, []);
  await ads.expectNoResponse();
});

test('a resource that flaps while a response is on its way is never removed', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(cluster('a'));
  const client = await connect();
  const [sotw, delta] = [client.sotw(), client.delta()];
  const first = await sotw.requestResponse(cds);
  const inDelta = await delta.requestResponse(cds);
  for (let flap = 0; flap < 10; flap++) {
    cache.remove(cds, 'a');
    cache.set(cluster('a'));
  }
  sotw.ack(first);
  delta.ack(inDelta);
  await sotw.expectNoResponse();
  await delta.expectNoResponse();
});
