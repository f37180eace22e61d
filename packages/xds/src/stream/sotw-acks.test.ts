import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AdsServer, type ClientStatus, typeUrls } from '../index.ts';
import { assignment, cluster, listener, route, service, startFixture } from '../testing/fixture.ts';

// xds_protocol, "ACK/NACK and resource type instance version", "Resource updates": nonces, acks, nacks.

const types = [
  ['LDS', typeUrls.listener, [listener('a'), listener('a', 'better')]],
  ['RDS', typeUrls.route, [route('a'), route('a', 'better')]],
  ['CDS', typeUrls.cluster, [cluster('a'), cluster('a', 2)]],
  ['EDS', typeUrls.endpoint, [assignment('a'), assignment('a', 2)]],
] as const;

for (const [name, typeUrl, [bad, better]] of types) {
  test(`${name}: a NACK of the very first response is recorded and not answered`, async (t) => {
    const nacks: object[] = [];
    const { cache, server, connect } = await startFixture(t, {
      observer: { nack: ({ node }, { message, names }) => nacks.push({ node: node.id, message, names }) },
    });
    cache.set(bad);
    const ads = (await connect({ node: { id: 'picky' } })).sotw();
    const { version } = await ads.requestResponseNack(typeUrl, ['a'], 'no, thanks');
    await ads.expectNoResponse();
    assert.deepEqual(nacks, [{ node: 'picky', message: 'no, thanks', names: ['a'] }]);
    const [status] = server.clients()[0]!.types.filter((type) => type.typeUrl === typeUrl);
    assert.equal(status?.ackedVersion, undefined);
    assert.equal(status?.rejection?.message, 'no, thanks');
    assert.equal(status?.rejection?.version, version);
  });

  test(`${name}: after a NACK the next content is sent, and its ACK clears the record`, async (t) => {
    const { cache, server, connect } = await startFixture(t);
    cache.set(bad);
    const ads = (await connect()).sotw();
    await ads.requestResponseNack(typeUrl, ['a']);
    await ads.expectNoResponse();
    cache.set(better);
    const { version } = await ads.responseAck(typeUrl);
    await ads.expectNoResponse();
    const [status] = server.clients()[0]!.types.filter((type) => type.typeUrl === typeUrl);
    assert.equal(status?.ackedVersion, version);
    assert.equal(status?.rejection, undefined);
  });

  test(`${name}: a wildcard or name that is nacked again and again is no storm`, async (t) => {
    let responses = 0;
    const { cache, connect } = await startFixture(t, { observer: { response: () => responses++ } });
    cache.set(bad);
    const ads = (await connect()).sotw();
    const response = await ads.requestResponse(typeUrl, ['a']);
    for (let repeat = 0; repeat < 10; repeat++) ads.nack(response, 'again');
    await ads.expectNoResponse();
    assert.equal(responses, 2, 'the response and the barrier');
  });
}

test('the good version comes back after a bad one', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(cluster('a'));
  const ads = (await connect()).sotw();
  const good = await ads.requestResponseAck(typeUrls.cluster, ['a']);
  cache.set(cluster('a', 2));
  await ads.responseNack(typeUrls.cluster);
  await ads.expectNoResponse();
  cache.set(cluster('a'));
  assert.equal((await ads.responseAck(typeUrls.cluster)).version, good.version);
});

test('a NACK does not keep other types from being served', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: service('a') });
  const ads = (await connect()).sotw();
  await ads.requestResponseNack(typeUrls.listener, ['a']);
  await ads.requestResponseAck(typeUrls.endpoint, ['a']);
  cache.set(assignment('a', 2));
  assert.deepEqual((await ads.responseAck(typeUrls.endpoint)).names, ['a']);
});

test('a request with the nonce of an earlier response is ignored', async (t) => {
  const stale: string[] = [];
  const { cache, connect } = await startFixture(t, {
    observer: { request: (_stream, request) => request.stale && stale.push(request.typeUrl) },
  });
  cache.update({ set: [cluster('a'), cluster('b')] });
  const ads = (await connect()).sotw();
  const first = await ads.requestResponseAck(typeUrls.cluster, ['a']);
  cache.set(cluster('a', 2));
  const second = await ads.response(typeUrls.cluster);
  ads.send({ typeUrl: typeUrls.cluster, names: ['a', 'b'], nonce: first.nonce });
  await ads.expectNoResponse();
  assert.deepEqual(stale, [typeUrls.cluster]);
  ads.ack(second);
  assert.deepEqual((await ads.requestResponseAck(typeUrls.cluster, ['a', 'b'])).names, ['a', 'b']);
});

test('a subscription that changes while a response is on its way is heard with the ACK', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [assignment('a'), assignment('b')] });
  const ads = (await connect()).sotw();
  ads.request(typeUrls.endpoint, ['a']);
  ads.request(typeUrls.endpoint, ['a', 'b']);
  assert.deepEqual((await ads.responseAck(typeUrls.endpoint)).names, ['a']);
  assert.deepEqual((await ads.responseAck(typeUrls.endpoint)).names, ['b']);
  await ads.expectNoResponse();
});

test('a subscription that changes during constant updates is not starved by stale nonces', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: [assignment('a'), assignment('b')] });
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(typeUrls.endpoint, ['a']);
  for (let port = 2; port < 50; port++) cache.set(assignment('a', port));
  const update = await ads.response(typeUrls.endpoint);
  for (let port = 50; port < 100; port++) cache.set(assignment('a', port));
  ads.request(typeUrls.endpoint, ['a', 'b']);
  ads.ack(update);
  assert.deepEqual((await ads.responseAck(typeUrls.endpoint)).names, ['a', 'b']);
});

test('changes while a response waits for its ACK become one response', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(assignment('a'));
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(typeUrls.endpoint, ['a']);
  cache.set(assignment('a', 2));
  const update = await ads.response(typeUrls.endpoint);
  cache.set(assignment('a', 3));
  cache.set(assignment('a', 4));
  await ads.expectNoResponse();
  ads.ack(update);
  const newest = await ads.responseAck(typeUrls.endpoint);
  assert.deepEqual(Buffer.from(newest.resources[0]!.bytes), Buffer.from(assignment('a', 4).bytes));
  await ads.expectNoResponse();
});

test('a change that is taken back before it could be sent is not sent', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(assignment('a'));
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(typeUrls.endpoint, ['a']);
  cache.set(assignment('a', 2));
  cache.set(assignment('a', 1));
  await ads.expectNoResponse();
});

test('every nonce is new to its stream, also where the content is the same', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(cluster('a'));
  const ads = (await connect()).sotw();
  const nonces = new Set<string>();
  for (let repeat = 0; repeat < 5; repeat++) {
    nonces.add((await ads.requestResponseAck(typeUrls.cluster, ['a'])).nonce);
    ads.request(typeUrls.cluster, []);
    await ads.expectNoResponse();
  }
  assert.equal(nonces.size, 5);
});

test('a nonce from an earlier stream does not count', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(cluster('a'));
  const client = await connect();
  const { nonce, version } = await client.sotw().requestResponseAck(typeUrls.cluster, ['a']);
  const next = client.sotw();
  next.send({ typeUrl: typeUrls.cluster, names: ['a'], nonce: `${nonce}0`, version });
  assert.deepEqual((await next.responseAck(typeUrls.cluster)).names, ['a']);
});

test('a client that forgot its nonce when it unsubscribed is served again', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.set(assignment('a'));
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(typeUrls.endpoint, ['a']);
  ads.request(typeUrls.endpoint, []);
  await ads.expectNoResponse();
  ads.send({ typeUrl: typeUrls.endpoint, names: ['a'], nonce: '', version: '' });
  assert.deepEqual((await ads.responseAck(typeUrls.endpoint)).names, ['a']);
});

test('a new stream is sent everything it names, whatever version it comes with', async (t) => {
  const { cache, connect } = await startFixture(t);
  cache.update({ set: service('a') });
  const client = await connect();
  for (const typeUrl of Object.values(typeUrls)) {
    const { version } = await client.sotw().requestResponseAck(typeUrl, ['a']);
    const next = client.sotw();
    next.send({ typeUrl, names: ['a'], version });
    const response = await next.responseAck(typeUrl);
    assert.deepEqual(response.names, ['a']);
    assert.equal(response.version, version);
  }
});

/** What a server says of the resources of a type of its only client, by name. */
function resourcesOf(server: AdsServer, type: string) {
  const [{ id, types }] = server.clients() as [ClientStatus];
  const resources = server.resourcesOf(id)!.filter(({ typeUrl }) => typeUrl === type);
  return {
    states: resources.map(({ name, state, rejection }) => [name, rejection?.message ?? state]),
    last: types.find(({ typeUrl }) => typeUrl === type)?.rejection?.names,
  };
}

const endpointsOf = (server: AdsServer) => resourcesOf(server, typeUrls.endpoint);

test('what a client rejected stays rejected while it acknowledges other names on the same stream', async (t) => {
  const { cache, server, connect } = await startFixture(t);
  cache.update({ set: ['a', 'b', 'c', 'd'].map((name) => assignment(name)) });
  const ads = (await connect()).sotw();
  await ads.requestResponseNack(typeUrls.endpoint, ['a'], 'no locality');
  await ads.requestResponseNack(typeUrls.endpoint, ['a', 'b'], 'no port');
  await ads.requestResponseAck(typeUrls.endpoint, ['a', 'b', 'c']);
  await ads.expectNoResponse();
  const rejected = [
    ['a', 'no locality'],
    ['b', 'no port'],
  ];
  assert.deepEqual(endpointsOf(server), { states: [...rejected, ['c', 'synced']], last: ['b'] });
  cache.set(assignment('b', 2));
  await ads.responseAck(typeUrls.endpoint);
  await ads.expectNoResponse();
  assert.deepEqual(endpointsOf(server).last, ['a']);
  // Given up: it is no client's trouble any longer.
  await ads.requestResponseAck(typeUrls.endpoint, ['b', 'c', 'd']);
  await ads.expectNoResponse();
  const states = ['b', 'c', 'd'].map((name) => [name, 'synced']);
  assert.deepEqual(endpointsOf(server), { states, last: undefined });
});

test('of several resources those are rejected that the message names; where it names none, all, until the next ACK', async (t) => {
  const { cache, server, connect } = await startFixture(t);
  cache.update({ set: ['s/a:1', 's/a:10', 'x/s/a:1'].map((name) => assignment(name)) });
  const ads = (await connect()).sotw();
  await ads.requestResponseNack(typeUrls.endpoint, ['s/a:1', 's/a:10', 'x/s/a:1'], '[index 0: s/a:1: no locality.]');
  await ads.expectNoResponse();
  assert.deepEqual(endpointsOf(server).last, ['s/a:1']);
  cache.update({ set: ['s/a:10', 'x/s/a:1'].map((name) => assignment(name, 2)) });
  await ads.responseNack(typeUrls.endpoint, 'some of it has no locality');
  await ads.expectNoResponse();
  assert.deepEqual(endpointsOf(server).states, [
    ['s/a:1', '[index 0: s/a:1: no locality.]'],
    ['s/a:10', 'some of it has no locality'],
    ['x/s/a:1', 'some of it has no locality'],
  ]);
  cache.set(assignment('s/a:10', 3));
  await ads.responseAck(typeUrls.endpoint);
  await ads.expectNoResponse();
  assert.deepEqual(endpointsOf(server).last, ['s/a:1']);
});

test('a full set that is rejected for what was in it before makes nothing of what is new in it', async (t) => {
  const { cache, server, connect } = await startFixture(t);
  cache.update({ set: ['a', 'b', 'c'].map((name) => cluster(name)) });
  const ads = (await connect()).sotw();
  await ads.requestResponseNack(typeUrls.cluster, ['a'], 'a: no type');
  // grpc-go takes what is right in a response, and rejects the whole for what is not; grpc-js-xds has the index of that.
  await ads.requestResponseNack(typeUrls.cluster, ['a', 'b'], '[a: no type]');
  await ads.expectNoResponse();
  const states = [
    ['a', '[a: no type]'],
    ['b', 'synced'],
  ];
  assert.deepEqual(resourcesOf(server, typeUrls.cluster), { states, last: ['a'] });
  await ads.requestResponseNack(typeUrls.cluster, ['a', 'b', 'c'], '[resource index 0: no type]');
  await ads.expectNoResponse();
  assert.deepEqual(resourcesOf(server, typeUrls.cluster).last, ['a']);
  cache.set(cluster('a', 2));
  await ads.responseAck(typeUrls.cluster);
  await ads.expectNoResponse();
  assert.equal(resourcesOf(server, typeUrls.cluster).last, undefined);
});

test('a client that names no resource but its index, as grpc-js-xds does, rejects that one', async (t) => {
  const { cache, server, connect } = await startFixture(t, { group: ({ id }) => id });
  // The bytes are shared, between groups as well: a second client is sent them in the order in which the first one asked.
  for (const [group, names] of [
    ['one', ['c', 'a', 'b']],
    ['other', ['a', 'b', 'c']],
  ] as const) {
    cache.update({ group, set: names.map((name) => assignment(name)) });
    const ads = (await connect({ node: { id: group } })).sotw();
    const { resources } = await ads.requestResponseNack(typeUrls.endpoint, names, 'errors: [resource index 1: unset]');
    await ads.expectNoResponse();
    const { id } = server.clients().at(-1)!;
    const rejected = server.resourcesOf(id)!.filter(({ state }) => state === 'rejected');
    assert.deepEqual(
      rejected.map(({ name }) => name),
      [resources[1]!.name],
    );
  }
});

for (const variant of ['sotw', 'delta'] as const) {
  const namesOf = (names: string[]) => (variant === 'sotw' ? names : { subscribe: names });

  test(`${variant}: an Envoy, which takes a response whole or not at all, is sent again what it did not blame`, async (t) => {
    const { cache, server, connect } = await startFixture(t);
    cache.update({ set: ['s/a:1', 's/b:1', 's/c:1'].map((name) => assignment(name)) });
    const client = await connect({ node: { id: 'gateway', userAgentName: 'envoy' } });
    const ads = variant === 'sotw' ? client.sotw() : client.delta();
    await ads.requestResponseNack(
      typeUrls.endpoint,
      namesOf(['s/a:1', 's/b:1', 's/c:1']) as never,
      's/b:1: no locality',
    );
    const again = await ads.response(typeUrls.endpoint);
    assert.deepEqual(again.names, ['s/a:1', 's/c:1']);
    // Not yet acknowledged, and not called so.
    assert.deepEqual(endpointsOf(server).states, [
      ['s/a:1', 'stale'],
      ['s/b:1', 's/b:1: no locality'],
      ['s/c:1', 'stale'],
    ]);
    // What is to blame is left out until the client blames nothing that it can be told apart by.
    ads.nack(again, 's/c:1: no locality');
    assert.deepEqual((await ads.responseNack(typeUrls.endpoint, 'it is not said why')).names, ['s/a:1']);
    await ads.expectNoResponse();
    cache.set(assignment('s/a:1', 2));
    assert.deepEqual((await ads.responseAck(typeUrls.endpoint)).names, ['s/a:1']);
    await ads.expectNoResponse();
    assert.deepEqual(
      endpointsOf(server).states.map(([, state]) => state),
      ['synced', 's/b:1: no locality', 's/c:1: no locality'],
    );
  });
}
