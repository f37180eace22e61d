import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { SnapshotCache, typeUrls } from '../index.ts';
import { listener, service, startFixture } from '../testing/fixture.ts';

const all = [typeUrls.cluster, typeUrls.endpoint, typeUrls.listener, typeUrls.route];

/** A server that does not know yet whether there is `orders`, and knows `carts`. */
async function start(t: TestContext) {
  const undecided = new Set(['orders', '*']);
  const cache = new SnapshotCache({ undecided: (_group, _typeUrl, name) => undecided.has(name) });
  const fixture = await startFixture(t, { cache });
  fixture.cache.update({ set: service('carts') });
  return { ...fixture, undecided };
}

suite('what is undecided', () => {
  test('state of the world: a client that comes back is sent no set without it, and everything once it is known', async (t) => {
    const { cache, server, connect, undecided } = await start(t);
    const stream = (await connect()).sotw();
    for (const typeUrl of all) stream.send({ typeUrl, names: ['carts', 'orders'], version: 'of before' });
    // Those that need not be whole are sent.
    assert.deepEqual((await stream.responseAck(typeUrls.endpoint)).names, ['carts']);
    assert.deepEqual((await stream.responseAck(typeUrls.route)).names, ['carts']);
    await stream.expectNoResponse();
    undecided.clear();
    cache.update({ set: service('orders') });
    server.resume();
    for (const typeUrl of [typeUrls.cluster, typeUrls.listener]) {
      assert.deepEqual((await stream.responseAck(typeUrl)).names.toSorted(), ['carts', 'orders']);
    }
  });

  test('state of the world: decided that there is none, it is gone', async (t) => {
    const { server, connect, undecided } = await start(t);
    const stream = (await connect()).sotw();
    stream.send({ typeUrl: typeUrls.listener, names: ['carts', 'orders'], version: 'of before' });
    await stream.expectNoResponse();
    undecided.clear();
    server.resume();
    assert.deepEqual((await stream.responseAck(typeUrls.listener)).names, ['carts']);
  });

  test('state of the world: a wildcard may include it', async (t) => {
    const { server, connect, undecided } = await start(t);
    const stream = (await connect()).sotw();
    stream.send({ typeUrl: typeUrls.cluster, version: 'of before' });
    await stream.expectNoResponse();
    undecided.clear();
    server.resume();
    assert.deepEqual((await stream.responseAck(typeUrls.cluster)).names, ['carts']);
  });

  test('state of the world: a client that has nothing to lose is answered', async (t) => {
    const { connect } = await start(t);
    const stream = (await connect()).sotw();
    assert.deepEqual((await stream.requestResponseAck(typeUrls.listener, ['carts', 'orders'])).names, ['carts']);
    await stream.expectNoResponse();
  });

  test('delta: what the client has is not removed; what it does not have is', async (t) => {
    const { cache, server, connect, undecided } = await start(t);
    const back = (await connect()).delta();
    back.send({ typeUrl: typeUrls.listener, subscribe: ['carts', 'orders'], initialVersions: { orders: 'of before' } });
    const first = await back.responseAck(typeUrls.listener);
    assert.deepEqual([first.names, first.removed], [['carts'], []]);
    await back.expectNoResponse();

    const fresh = (await connect()).delta();
    fresh.send({ typeUrl: typeUrls.listener, subscribe: ['carts', 'orders'] });
    const other = await fresh.responseAck(typeUrls.listener);
    assert.deepEqual([other.names, other.removed], [['carts'], ['orders']]);

    undecided.clear();
    cache.update({ set: [listener('orders')] });
    server.resume();
    assert.deepEqual((await back.responseAck(typeUrls.listener)).names, ['orders']);
  });

  test('delta: decided that there is none, it is removed', async (t) => {
    const { server, connect, undecided } = await start(t);
    const back = (await connect()).delta();
    back.send({ typeUrl: typeUrls.listener, subscribe: ['orders'], initialVersions: { orders: 'of before' } });
    await back.expectNoResponse();
    undecided.clear();
    server.resume();
    assert.deepEqual((await back.responseAck(typeUrls.listener)).removed, ['orders']);
  });
});
