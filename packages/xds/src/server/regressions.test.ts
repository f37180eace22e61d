import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeUrls } from '../index.ts';
import { assignment, cluster, listener, service, startFixture } from '../testing/fixture.ts';

// What went wrong in other control planes, each under the issue that tells of it.

test('go-control-plane #431: what was unsubscribed and subscribed again is sent again, unchanged as it is', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: service('a') });
  const ads = (await connect()).sotw();
  for (const typeUrl of Object.values(typeUrls)) {
    const first = await ads.requestResponseAck(typeUrl, ['a']);
    ads.request(typeUrl, []);
    await ads.expectNoResponse();
    const again = await ads.requestResponseAck(typeUrl, ['a']);
    assert.deepEqual(again.names, ['a']);
    assert.equal(again.version, first.version);
  }
});

test('java-control-plane #339: of two names one is given up and taken up again', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [...service('a'), ...service('b')] });
  const ads = (await connect()).sotw();
  for (const typeUrl of Object.values(typeUrls)) {
    await ads.requestResponseAck(typeUrl, ['a', 'b']);
    ads.request(typeUrl, ['a']);
    await ads.expectNoResponse();
    assert.ok((await ads.requestResponseAck(typeUrl, ['a', 'b'])).names.includes('b'));
  }
});

test('grpc-java #9632: a channel that idled out and comes back gets everything', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: service('a') });
  const ads = (await connect()).sotw();
  const inOrder = [typeUrls.listener, typeUrls.route, typeUrls.cluster, typeUrls.endpoint];
  for (const typeUrl of inOrder) await ads.requestResponseAck(typeUrl, ['a']);
  for (const typeUrl of inOrder.toReversed()) ads.request(typeUrl, []);
  await ads.expectNoResponse();
  for (const typeUrl of inOrder) assert.deepEqual((await ads.requestResponseAck(typeUrl, ['a'])).names, ['a']);
});

test('go-control-plane #1293: the resubscription has the version and nonce of the last response', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [listener('a'), listener('b')] });
  const ads = (await connect()).sotw();
  const { version, nonce } = await ads.requestResponseAck(typeUrls.listener, ['a', 'b']);
  ads.send({ typeUrl: typeUrls.listener, names: ['b'], version, nonce });
  await ads.expectNoResponse();
  ads.send({ typeUrl: typeUrls.listener, names: ['a', 'b'], version, nonce });
  assert.deepEqual((await ads.responseAck(typeUrls.listener)).names, ['a', 'b']);
});

test('go-control-plane #1318: a name that was missing from the answer is sent when it appears', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('aggregate'), cluster('foo'), cluster('bar'), assignment('foo')] });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(typeUrls.cluster, ['aggregate']);
  await ads.requestResponseAck(typeUrls.cluster, ['aggregate', 'foo', 'bar']);
  assert.deepEqual((await ads.requestResponseAck(typeUrls.endpoint, ['foo', 'bar'])).names, ['foo']);
  cache.set(assignment('bar'));
  assert.deepEqual((await ads.responseAck(typeUrls.endpoint)).names, ['bar']);
  await ads.expectNoResponse();
});

test('go-control-plane #426: names that are there and not asked for do not hold an answer back', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [assignment('a'), assignment('b'), assignment('c')] });
  const ads = (await connect()).sotw();
  assert.deepEqual((await ads.requestResponseAck(typeUrls.endpoint, ['a'])).names, ['a']);
  cache.set(assignment('a', 2));
  assert.deepEqual((await ads.responseAck(typeUrls.endpoint)).names, ['a']);
});

for (const [name, typeUrl] of [
  ['LDS', typeUrls.listener],
  ['CDS', typeUrls.cluster],
] as const) {
  test(`NACK storm: a rejected first ${name} wildcard response is not sent again`, async (t) => {
    let responses = 0;
    const { cache, connect } = await startFixture(t, { observer: { response: () => responses++ } });
    cache.update({ set: [listener('a'), cluster('a')] });
    const ads = (await connect()).sotw();
    await ads.requestResponseNack(typeUrl);
    for (let round = 0; round < 5; round++) await ads.expectNoResponse();
    assert.equal(responses, 1 + 5, 'the response and the barriers');
  });
}

test('go-control-plane #1498: what was unsubscribed from while it waited is not sent', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [assignment('a'), assignment('b')] });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(typeUrls.endpoint, ['a', 'b']);
  await ads.expectNoResponse();
  cache.set(assignment('a', 2));
  const update = await ads.response(typeUrls.endpoint);
  cache.update({ set: [assignment('a', 3), assignment('b', 3)] });
  ads.send({ typeUrl: typeUrls.endpoint, names: ['b'], nonce: update.nonce, version: update.version });
  assert.deepEqual((await ads.responseAck(typeUrls.endpoint)).names, ['b']);
});

test('go-control-plane #526: a client that asks for endpoints first gets the clusters, and both change', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('a'), assignment('a')] });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(typeUrls.endpoint, ['a']);
  await ads.requestResponseAck(typeUrls.cluster);
  await ads.expectNoResponse();
  cache.update({ set: [cluster('a', 2), assignment('a', 2)] });
  assert.deepEqual((await ads.responseAck(typeUrls.cluster)).names, ['a']);
  assert.deepEqual((await ads.responseAck(typeUrls.endpoint)).names, ['a']);
});
