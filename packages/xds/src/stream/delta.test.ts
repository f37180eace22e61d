import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeUrls } from '../index.ts';
import { assignment, cluster, listener, route, service, startFixture } from '../testing/fixture.ts';

// xds_protocol, "Incremental xDS".

const { cluster: cds, endpoint: eds, listener: lds, route: rds } = typeUrls;

for (const [name, typeUrl, build] of [
  ['LDS', lds, listener],
  ['CDS', cds, cluster],
] as const) {
  test(`delta ${name}: an empty first request is a wildcard`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).delta();
    assert.deepEqual((await ads.requestResponseAck(typeUrl)).names, ['a', 'b']);
    cache.set(build('c'));
    assert.deepEqual((await ads.responseAck(typeUrl)).names, ['c']);
    cache.remove(typeUrl, 'a');
    assert.deepEqual((await ads.responseAck(typeUrl)).removed, ['a']);
    await ads.expectNoResponse();
  });

  test(`delta ${name}: an empty wildcard is answered at once`, async (t) => {
    const { connect } = await startFixture(t);
    const ads = (await connect()).delta();
    const { names, removed } = await ads.requestResponseAck(typeUrl);
    assert.deepEqual([names, removed], [[], []]);
  });

  test(`delta ${name}: a name that is added to the legacy wildcard keeps it`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).delta();
    await ads.requestResponseAck(typeUrl);
    assert.deepEqual((await ads.requestResponseAck(typeUrl, { subscribe: ['a'] })).names, ['a']);
    cache.set(build('c'));
    assert.deepEqual((await ads.responseAck(typeUrl)).names, ['c']);
  });

  test(`delta ${name}: "*" can be unsubscribed from, what is named stays`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).delta();
    await ads.requestResponseAck(typeUrl, { subscribe: ['*', 'a'] });
    ads.request(typeUrl, { unsubscribe: ['*'] });
    await ads.expectNoResponse();
    cache.update({ set: [build('c')], remove: [build('b')] });
    await ads.expectNoResponse();
    cache.remove(typeUrl, 'a');
    assert.deepEqual((await ads.responseAck(typeUrl)).removed, ['a']);
  });

  test(`delta ${name}: after the last name is unsubscribed there is no wildcard`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.set(build('a'));
    const ads = (await connect()).delta();
    await ads.requestResponseAck(typeUrl, { subscribe: ['a'] });
    ads.request(typeUrl, { unsubscribe: ['a'] });
    ads.request(typeUrl);
    cache.set(build('b'));
    await ads.expectNoResponse();
  });

  test(`delta ${name}: a name unsubscribed from under a wildcard that includes it is sent again`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).delta();
    await ads.requestResponseAck(typeUrl, { subscribe: ['*', 'a'] });
    assert.deepEqual((await ads.requestResponseAck(typeUrl, { unsubscribe: ['a'] })).names, ['a']);
  });

  test(`delta ${name}: a name unsubscribed from under a wildcard that does not include it is removed`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.set(build('a'));
    const ads = (await connect()).delta();
    await ads.requestResponseAck(typeUrl, { subscribe: ['*', 'missing'] });
    assert.deepEqual((await ads.requestResponseAck(typeUrl, { unsubscribe: ['missing'] })).removed, ['missing']);
  });
}

for (const [name, typeUrl, build] of [
  ['LDS', lds, listener],
  ['RDS', rds, route],
  ['CDS', cds, cluster],
  ['EDS', eds, assignment],
] as const) {
  test(`delta ${name}: only what changed is sent, with its own version`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).delta();
    const first = await ads.requestResponseAck(typeUrl, { subscribe: ['a', 'b'] });
    assert.deepEqual(
      first.resources.map(({ version }) => version),
      [build('a').version, build('b').version],
    );
    cache.remove(typeUrl, 'a');
    const removal = await ads.responseAck(typeUrl);
    assert.deepEqual([removal.names, removal.removed], [[], ['a']]);
    cache.set(build('a'));
    const back = await ads.responseAck(typeUrl);
    assert.deepEqual([back.names, back.removed], [['a'], []]);
    await ads.expectNoResponse();
  });

  test(`delta ${name}: an unknown name is answered as removed, and sent when it appears`, async (t) => {
    const { cache, connect } = await startFixture(t);
    const ads = (await connect()).delta();
    const answer = await ads.requestResponseAck(typeUrl, { subscribe: ['later'] });
    assert.deepEqual([answer.names, answer.removed], [[], ['later']]);
    cache.set(build('later'));
    assert.deepEqual((await ads.responseAck(typeUrl)).names, ['later']);
  });

  test(`delta ${name}: a subscription to a name that is subscribed resends it`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [build('a'), build('b')] });
    const ads = (await connect()).delta();
    await ads.requestResponseAck(typeUrl, { subscribe: ['a', 'b'] });
    assert.deepEqual((await ads.requestResponseAck(typeUrl, { subscribe: ['a'] })).names, ['a']);
  });

  test(`delta ${name}: what was unsubscribed and subscribed again is sent again`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.set(build('a'));
    const ads = (await connect()).delta();
    await ads.requestResponseAck(typeUrl, { subscribe: ['a'] });
    ads.request(typeUrl, { unsubscribe: ['a'] });
    await ads.expectNoResponse();
    assert.deepEqual((await ads.requestResponseAck(typeUrl, { subscribe: ['a'] })).names, ['a']);
  });

  test(`delta ${name}: a NACK of the first response is recorded and not answered`, async (t) => {
    const nacks: string[] = [];
    const { cache, connect } = await startFixture(t, {
      observer: { nack: (_stream, nack) => nacks.push(nack.message) },
    });
    cache.set(build('a'));
    const ads = (await connect()).delta();
    await ads.requestResponseNack(typeUrl, { subscribe: ['a'] }, 'no');
    await ads.expectNoResponse();
    assert.deepEqual(nacks, ['no']);
  });
}

test('delta: an empty first request asks for nothing where there is no wildcard', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [assignment('a'), route('a')] });
  const ads = (await connect()).delta();
  ads.request(eds);
  ads.request(rds);
  await ads.expectNoResponse();
});

test('delta: to unsubscribe from what was not subscribed is no error', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(cluster('a'));
  const ads = (await connect()).delta();
  ads.request(cds, { unsubscribe: ['phantom', '*'] });
  await ads.expectNoResponse();
});

test('delta: changes of the subscription count although the nonce is stale', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('a'), cluster('b')] });
  const ads = (await connect()).delta();
  await ads.requestResponseAck(cds, { subscribe: ['a'] });
  ads.send({ typeUrl: cds, subscribe: ['b'], nonce: 'stale' });
  assert.deepEqual((await ads.responseAck(cds)).names, ['b']);
});

test('delta: a question is answered although an earlier response has not been acked', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [cluster('a'), cluster('b')] });
  const ads = (await connect()).delta();
  const first = await ads.requestResponse(cds, { subscribe: ['a'] });
  const second = await ads.requestResponse(cds, { subscribe: ['b'] });
  assert.deepEqual(second.names, ['b']);
  cache.set(cluster('a', 2));
  await ads.expectNoResponse();
  ads.ack(first);
  await ads.expectNoResponse();
  ads.ack(second);
  assert.deepEqual((await ads.responseAck(cds)).names, ['a']);
});

test('delta: changes while a response waits for its ACK become one', async (t) => {
  const { cache, connect } = await startFixture(t);
  const ads = (await connect()).delta();
  await ads.requestResponseAck(cds);
  cache.set(cluster('a'));
  const update = await ads.response(cds);
  cache.set(cluster('b'));
  cache.update({ set: [cluster('c')], remove: [cluster('a')] });
  ads.ack(update);
  const merged = await ads.responseAck(cds);
  assert.deepEqual([merged.names, merged.removed], [['b', 'c'], ['a']]);
  await ads.expectNoResponse();
});

test('delta: one change of everything comes in order, removals last', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [...service('a'), ...service('b')] });
  const ads = (await connect()).delta();
  for (const typeUrl of [cds, eds, lds, rds]) await ads.requestResponseAck(typeUrl, { subscribe: ['*', 'a', 'b'] });
  await ads.expectNoResponse();
  cache.update({
    set: [cluster('a', 2), assignment('a', 2), listener('a', 'x'), route('a', 'x')],
    remove: service('b'),
  });
  const seen: string[] = [];
  for (let count = 0; count < 6; count++) {
    const { typeUrl, names, removed, ...response } = await ads.response();
    ads.ack({ typeUrl, names, removed, ...response });
    seen.push(`${typeUrl.split('.').at(-1)} +${names} -${removed}`);
  }
  assert.deepEqual(seen, [
    'Cluster +a -',
    'ClusterLoadAssignment +a -',
    'Listener +a -b',
    'RouteConfiguration +a -b',
    'Cluster + -b',
    'ClusterLoadAssignment + -b',
  ]);
  await ads.expectNoResponse();
});

test('delta: a type that nothing is known of is answered, and the stream goes on', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(cluster('a'));
  const ads = (await connect()).delta();
  const unknown = 'type.googleapis.com/envoy.service.runtime.v3.Runtime';
  assert.deepEqual((await ads.requestResponseAck(unknown, { subscribe: ['layer'] })).removed, ['layer']);
  assert.deepEqual((await ads.requestResponseAck(cds)).names, ['a']);
});
