import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../clock.ts';
import { buildApiListener, type EncodedResource, type SotwTestStream, typeUrls } from '../index.ts';
import { assignment, cluster, listener, route, service, startFixture } from '../testing/fixture.ts';

// xds_protocol, "Eventual consistency considerations": make before break; "Resource warming".

const { cluster: cds, endpoint: eds, listener: lds, route: rds } = typeUrls;

/** Subscribes as a gRPC client of `name` does, and accepts everything. */
async function subscribeAll(ads: SotwTestStream, names: readonly string[]): Promise<void> {
  for (const typeUrl of [lds, rds, cds, eds]) await ads.requestResponseAck(typeUrl, names);
}

test('one change of everything is sent in the order CDS, EDS, LDS, RDS', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: service('a') });
  const ads = (await connect()).sotw();
  await subscribeAll(ads, ['a']);
  await ads.expectNoResponse();
  cache.update({ set: [route('a', 'b'), listener('a', 'b'), assignment('a', 2), cluster('a', 2)] });
  for (const typeUrl of [cds, eds, lds, rds]) await ads.responseAck(typeUrl);
  await ads.expectNoResponse();
});

test('types that nothing is known of come last', async (t) => {
  const { cache, connect } = await startFixture(t);
  const ads = (await connect()).sotw();
  const other = 'type.googleapis.com/envoy.service.runtime.v3.Runtime';
  const resource = (version: string): EncodedResource => ({ ...listener('a', version), typeUrl: other });
  cache.update({ set: [resource('1'), ...service('a')] });
  await ads.requestResponse(other, ['a']).then((response) => ads.ack(response));
  await ads.requestResponseAck(rds, ['a']);
  await ads.expectNoResponse();
  cache.update({ set: [resource('2'), route('a', 'b')] });
  assert.equal((await ads.response()).typeUrl, rds);
});

test('a route waits until the client has taken the clusters it leads to', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [route('a', 'old'), cluster('old')] });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(cds);
  await ads.requestResponseAck(rds, ['a']);
  await ads.expectNoResponse();
  cache.update({ set: [route('a', 'new'), cluster('new')] });
  const clusters = await ads.response(cds);
  await ads.expectNoResponse();
  ads.ack(clusters);
  assert.deepEqual((await ads.responseAck(rds)).names, ['a']);
});

test('a route that the client asks for does not wait for its clusters', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [route('a', 'old'), cluster('old')] });
  const ads = (await connect()).sotw();
  await ads.requestResponse(cds);
  assert.deepEqual((await ads.requestResponse(rds, ['a'])).names, ['a']);
});

test('endpoints do not wait for the ACK of a cluster, which an Envoy sends only when it has them', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('a'), assignment('a')] });
  const ads = (await connect()).sotw();
  await ads.requestResponse(cds);
  await ads.requestResponseAck(eds, ['a']);
  await ads.expectNoResponse();
  cache.set(assignment('a', 2));
  assert.deepEqual((await ads.responseAck(eds)).names, ['a']);
});

test('a stale cluster goes only after the route that led to it has been replaced', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [route('a', 'old'), cluster('old')] });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(cds);
  await ads.requestResponseAck(rds, ['a']);
  await ads.expectNoResponse();
  cache.update({ set: [route('a', 'new'), cluster('new')], remove: [cluster('old')] });
  assert.deepEqual((await ads.responseAck(cds)).names, ['new', 'old']);
  const routes = await ads.response(rds);
  await ads.expectNoResponse();
  ads.ack(routes);
  assert.deepEqual((await ads.responseAck(cds)).names, ['new']);
  await ads.expectNoResponse();
});

test('a stale cluster stays while the client rejects the route that would replace its use', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [route('a', 'old'), cluster('old')] });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(cds);
  await ads.requestResponseAck(rds, ['a']);
  await ads.expectNoResponse();
  cache.update({ set: [route('a', 'new'), cluster('new')], remove: [cluster('old')] });
  await ads.responseAck(cds);
  await ads.responseNack(rds);
  await ads.expectNoResponse();
  cache.set(route('a', 'newer'));
  await ads.responseAck(rds);
  assert.deepEqual((await ads.responseAck(cds)).names, ['new']);
});

/** Without assignments: a client that has a listener with routes of its own, and clusters by name. */
async function holdInline(ads: SotwTestStream): Promise<void> {
  await ads.requestResponseAck(lds, ['a']);
  await ads.requestResponseAck(cds, ['old']);
  await ads.expectNoResponse();
}

const inline = (clusterName: string): EncodedResource =>
  buildApiListener({ name: 'a', route: { name: 'inline', cluster: clusterName } });

test('a stale cluster stays until the client has asked for the routes that its new listener names, and taken them', async (t) => {
  const { cache, connect } = await startFixture(t, { clock: new ManualClock() });
  cache.update({ set: [inline('old'), cluster('old')] });
  const ads = (await connect()).sotw();
  await holdInline(ads);
  cache.update({ set: [listener('a'), route('a', 'new'), cluster('new')], remove: [cluster('old')] });
  await ads.responseAck(lds);
  await ads.expectNoResponse();
  const routes = await ads.requestResponse(rds, ['a']);
  await ads.expectNoResponse();
  ads.ack(routes);
  assert.deepEqual((await ads.responseAck(cds)).names, []);
  await ads.expectNoResponse();
});

test('the same where the listener named other routes before', async (t) => {
  const { cache, connect } = await startFixture(t, { clock: new ManualClock() });
  cache.update({ set: [listener('a', 'r1'), route('r1', 'old'), cluster('old'), assignment('old')] });
  const ads = (await connect()).delta();
  await ads.requestResponseAck(lds, { subscribe: ['a'] });
  await ads.requestResponseAck(rds, { subscribe: ['r1'] });
  await ads.requestResponseAck(cds, { subscribe: ['old'] });
  await ads.requestResponseAck(eds, { subscribe: ['old'] });
  await ads.expectNoResponse();
  cache.update({ set: [listener('a', 'r2'), route('r2', 'new')], remove: [cluster('old'), assignment('old')] });
  await ads.responseAck(lds);
  await ads.expectNoResponse();
  const routes = await ads.requestResponse(rds, { subscribe: ['r2'], unsubscribe: ['r1'] });
  await ads.expectNoResponse();
  ads.ack(routes);
  assert.deepEqual((await ads.responseAck(cds)).removed, ['old']);
  assert.deepEqual((await ads.responseAck(eds)).removed, ['old']);
});

test('a client that never asks for the routes of its listener loses a stale cluster 5 s after it took that', async (t) => {
  const clock = new ManualClock();
  const { cache, connect } = await startFixture(t, { clock });
  cache.update({ set: [inline('old'), cluster('old'), cluster('other')] });
  const ads = (await connect()).sotw();
  await holdInline(ads);
  cache.update({ set: [listener('a'), route('a', 'new')], remove: [cluster('old')] });
  await ads.responseAck(lds);
  await ads.expectNoResponse();
  clock.advance(4_999);
  await ads.expectNoResponse();
  clock.advance(1);
  assert.deepEqual((await ads.responseAck(cds)).names, []);
  assert.equal(clock.pending, 0);
  // What goes later does not wait.
  await ads.requestResponseAck(cds, ['other']);
  await ads.expectNoResponse();
  cache.remove(cds, 'other');
  assert.deepEqual((await ads.responseAck(cds)).names, []);
});

test('a stream that ends while a stale cluster stays leaves no timer', async (t) => {
  const clock = new ManualClock();
  const { cache, connect, server } = await startFixture(t, { clock });
  cache.update({ set: [inline('old'), cluster('old')] });
  const client = await connect();
  const ads = client.sotw();
  await holdInline(ads);
  cache.update({ set: [listener('a')], remove: [cluster('old')] });
  await ads.responseAck(lds);
  await ads.expectNoResponse();
  assert.equal(clock.pending, 1);
  await client.close();
  await server.close();
  assert.equal(clock.pending, 0);
});

test('a rejected route that the client has given up holds no cluster back', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [route('a'), cluster('a'), cluster('b')] });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(cds);
  await ads.requestResponseNack(rds, ['a']);
  ads.request(rds, []);
  await ads.expectNoResponse();
  cache.remove(cds, 'b');
  assert.deepEqual((await ads.responseAck(cds)).names, ['a']);
});

test('what is held back is bounded', async (t) => {
  const { cache, connect } = await startFixture(t);
  const clusters = Array.from({ length: 1_001 }, (_, index) => cluster(`cluster-${index}`));
  cache.update({ set: [route('a'), ...clusters] });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(cds);
  await ads.requestResponseNack(rds, ['a']);
  await ads.expectNoResponse();
  cache.update({ remove: clusters.slice(1) });
  await ads.expectNoResponse();
  cache.update({ remove: clusters.slice(0, 1) });
  assert.deepEqual((await ads.responseAck(cds)).names, []);
});

test('a cluster is removed at once where nothing else changed', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [...service('a'), cluster('b')] });
  const ads = (await connect()).sotw();
  await subscribeAll(ads, ['a']);
  await ads.requestResponseAck(cds, ['a', 'b']);
  await ads.expectNoResponse();
  cache.remove(cds, 'b');
  assert.deepEqual((await ads.responseAck(cds)).names, ['a']);
});

test('a cluster that is replaced by another is one response where no listener or route is asked for', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(cluster('old'));
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(cds);
  await ads.expectNoResponse();
  cache.update({ set: [cluster('new')], remove: [cluster('old')] });
  assert.deepEqual((await ads.responseAck(cds)).names, ['new']);
  await ads.expectNoResponse();
});

test('a Service that is deleted goes from the top: listener first, then cluster', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [...service('a'), ...service('b')] });
  const ads = (await connect()).sotw();
  await subscribeAll(ads, ['a', 'b']);
  await ads.expectNoResponse();
  cache.update({ remove: service('b') });
  assert.deepEqual((await ads.responseAck(lds)).names, ['a']);
  assert.deepEqual((await ads.responseAck(cds)).names, ['a']);
  await ads.expectNoResponse();
});

test('a cluster that comes back while its removal waits is not taken away', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [route('a', 'old'), cluster('old')] });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(cds);
  await ads.requestResponseAck(rds, ['a']);
  await ads.expectNoResponse();
  cache.update({ set: [route('a', 'new')], remove: [cluster('old')] });
  const routes = await ads.response(rds);
  cache.set(cluster('old'));
  ads.ack(routes);
  await ads.expectNoResponse();
});

const envoy = { id: 'envoy', userAgentName: 'envoy' };

test('an Envoy gets the endpoints of a cluster that changed again, unchanged as they are', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('a'), assignment('a'), cluster('b'), assignment('b')] });
  const ads = (await connect({ node: envoy })).sotw();
  await ads.requestResponseAck(cds);
  await ads.requestResponseAck(eds, ['a', 'b']);
  await ads.expectNoResponse();
  cache.set(cluster('a', 2));
  assert.deepEqual((await ads.responseAck(cds)).names, ['a', 'b']);
  assert.deepEqual((await ads.responseAck(eds)).names, ['a']);
  await ads.expectNoResponse();
});

test('an Envoy that warms a cluster gets its endpoints although it has not acked the cluster', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('a'), assignment('a')] });
  const ads = (await connect({ node: envoy })).delta();
  await ads.requestResponseAck(cds);
  await ads.requestResponseAck(eds, { subscribe: ['a'] });
  await ads.expectNoResponse();
  cache.set(cluster('a', 2));
  const clusters = await ads.response(cds);
  assert.deepEqual((await ads.responseAck(eds)).names, ['a']);
  ads.ack(clusters);
  await ads.expectNoResponse();
});

test('a gRPC client does not get endpoints that did not change', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('a'), assignment('a')] });
  const ads = (await connect({ node: { id: 'go', userAgentName: 'gRPC Go' } })).sotw();
  await ads.requestResponseAck(cds, ['a']);
  await ads.requestResponseAck(eds, ['a']);
  await ads.expectNoResponse();
  cache.set(cluster('a', 2));
  await ads.responseAck(cds);
  await ads.expectNoResponse();
});
