import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildAssignment, typeUrls } from '../index.ts';
import { assignment, cluster, listener, route, startFixture } from '../testing/fixture.ts';

// xds_protocol, "How the client specifies what resources to return", "Grouping Resources into Responses", "Deleting
// Resources": state of the world.

for (const [name, typeUrl, build] of [
  ['LDS', typeUrls.listener, listener],
  ['CDS', typeUrls.cluster, cluster],
] as const) {
  test(`${name}: an empty first request is a wildcard`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).sotw();
    assert.deepEqual((await ads.requestResponseAck(typeUrl)).names, ['a', 'b']);
    await ads.expectNoResponse();
  });

  test(`${name}: an empty wildcard is answered at once`, async (t) => {
    const { connect } = await startFixture(t);
    const ads = (await connect()).sotw();
    const { names, version } = await ads.requestResponseAck(typeUrl);
    assert.deepEqual(names, []);
    assert.notEqual(version, '');
    await ads.expectNoResponse();
  });

  test(`${name}: a wildcard is told of what comes, changes and goes, each time in full`, async (t) => {
    const { cache, connect } = await startFixture(t);
    const ads = (await connect()).sotw();
    await ads.requestResponseAck(typeUrl);
    cache.update({ set: [build('a'), build('b')] });
    assert.deepEqual((await ads.responseAck(typeUrl)).names, ['a', 'b']);
    cache.remove(typeUrl, 'a');
    assert.deepEqual((await ads.responseAck(typeUrl)).names, ['b']);
    cache.clear();
    assert.deepEqual((await ads.responseAck(typeUrl)).names, []);
  });

  test(`${name}: "*" is a wildcard`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).sotw();
    assert.deepEqual((await ads.requestResponseAck(typeUrl, ['*'])).names, ['a', 'b']);
  });

  test(`${name}: the legacy wildcard goes on when "*" and a name are added`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).sotw();
    await ads.requestResponseAck(typeUrl);
    assert.deepEqual((await ads.requestResponseAck(typeUrl, ['*', 'a'])).names, ['a', 'b']);
    cache.set(build('c'));
    assert.deepEqual((await ads.responseAck(typeUrl)).names, ['a', 'b', 'c']);
  });

  test(`${name}: naming one resource ends the wildcard`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).sotw();
    await ads.requestResponseAck(typeUrl);
    assert.deepEqual((await ads.requestResponseAck(typeUrl, ['a'])).names, ['a']);
    cache.set(build('c'));
    await ads.expectNoResponse();
  });

  test(`${name}: once something was named, an empty list means nothing`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).sotw();
    await ads.requestResponseAck(typeUrl, ['a']);
    ads.request(typeUrl, []);
    await ads.expectNoResponse();
    cache.set(build('c'));
    await ads.expectNoResponse();
  });

  test(`${name}: "*" may come and go at any time`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).sotw();
    await ads.requestResponseAck(typeUrl, ['a']);
    assert.deepEqual((await ads.requestResponseAck(typeUrl, ['a', '*'])).names, ['a', 'b']);
    ads.request(typeUrl, ['a']);
    await ads.expectNoResponse();
    cache.set(build('c'));
    await ads.expectNoResponse();
    assert.deepEqual((await ads.requestResponseAck(typeUrl, ['*'])).names, ['a', 'b', 'c']);
  });

  test(`${name}: a response has everything that was asked for, not only what changed`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b'), build('c')] });
    const ads = (await connect()).sotw();
    await ads.requestResponseAck(typeUrl, ['a', 'b']);
    cache.remove(typeUrl, 'a');
    assert.deepEqual((await ads.responseAck(typeUrl)).names, ['b']);
  });

  test(`${name}: a response without resources says that none of the names exists`, async (t) => {
    const { connect } = await startFixture(t);
    const ads = (await connect()).sotw();
    assert.deepEqual((await ads.requestResponseAck(typeUrl, ['a'])).names, []);
  });

  test(`${name}: a name that appears later is sent`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.set(build('a'));
    const ads = (await connect()).sotw();
    assert.deepEqual((await ads.requestResponseAck(typeUrl, ['a', 'later'])).names, ['a']);
    cache.set(build('later'));
    assert.deepEqual((await ads.responseAck(typeUrl)).names, ['a', 'later']);
  });
}

for (const [name, typeUrl, build] of [
  ['RDS', typeUrls.route, route],
  ['EDS', typeUrls.endpoint, assignment],
] as const) {
  test(`${name}: a response has only what changed`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).sotw();
    assert.deepEqual((await ads.requestResponseAck(typeUrl, ['a', 'b'])).names, ['a', 'b']);
    cache.set(typeUrl === typeUrls.route ? route('a', 'other') : assignment('a', 2));
    assert.deepEqual((await ads.responseAck(typeUrl)).names, ['a']);
  });

  test(`${name}: a name that is added is sent alone`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).sotw();
    await ads.requestResponseAck(typeUrl, ['a']);
    assert.deepEqual((await ads.requestResponseAck(typeUrl, ['a', 'b'])).names, ['b']);
  });

  test(`${name}: a name that does not exist is not answered, and sent when it appears`, async (t) => {
    const { cache, connect } = await startFixture(t);
    const ads = (await connect()).sotw();
    ads.request(typeUrl, ['later']);
    await ads.expectNoResponse();
    cache.set(build('later'));
    assert.deepEqual((await ads.responseAck(typeUrl)).names, ['later']);
  });

  test(`${name}: removal is silent, and the name is sent when it is back`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.set(build('a'));
    const ads = (await connect()).sotw();
    await ads.requestResponseAck(typeUrl, ['a']);
    cache.remove(typeUrl, 'a');
    await ads.expectNoResponse();
    cache.set(build('a'));
    assert.deepEqual((await ads.responseAck(typeUrl)).names, ['a']);
  });

  test(`${name}: an empty first request asks for nothing`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.set(build('a'));
    const ads = (await connect()).sotw();
    ads.request(typeUrl, []);
    await ads.expectNoResponse();
  });
}

test('emptiness is not removal: an assignment without endpoints is sent', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(assignment('a'));
  const ads = (await connect()).sotw();
  const before = await ads.requestResponseAck(typeUrls.endpoint, ['a']);
  cache.set(buildAssignment({ clusterName: 'a', localities: [] }));
  const after = await ads.responseAck(typeUrls.endpoint);
  assert.deepEqual(after.names, ['a']);
  assert.ok(after.resources[0]!.bytes.length < before.resources[0]!.bytes.length);
});

test('a name that is given twice in a request is sent once', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(cluster('a'));
  const ads = (await connect()).sotw();
  assert.deepEqual((await ads.requestResponseAck(typeUrls.cluster, ['a', 'a'])).names, ['a']);
});

test('several types on one stream do not touch each other', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('a'), assignment('a'), listener('a'), route('a')] });
  const ads = (await connect()).sotw();
  for (const typeUrl of Object.values(typeUrls)) {
    assert.deepEqual((await ads.requestResponseAck(typeUrl, ['a'])).names, ['a']);
  }
  cache.set(assignment('a', 2));
  assert.deepEqual((await ads.responseAck(typeUrls.endpoint)).names, ['a']);
  await ads.expectNoResponse();
});

test('a type that nothing is known of is answered, and the stream goes on', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(cluster('a'));
  const ads = (await connect()).sotw();
  const unknown = 'type.googleapis.com/envoy.service.runtime.v3.Runtime';
  assert.deepEqual((await ads.requestResponseAck(unknown, ['layer'])).names, []);
  assert.deepEqual((await ads.requestResponseAck(typeUrls.cluster)).names, ['a']);
  await ads.expectNoResponse();
});

test('what did not change is not sent', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('a'), assignment('a')] });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(typeUrls.cluster);
  await ads.requestResponseAck(typeUrls.endpoint, ['a']);
  cache.update({ set: [cluster('a'), assignment('a'), assignment('b')] });
  cache.setSnapshot({ resources: [cluster('a'), assignment('a')] });
  await ads.expectNoResponse();
});
