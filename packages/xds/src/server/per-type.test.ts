import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DiscoveryMethod, discoveryMethods, typeUrls } from '../index.ts';
import { service, startFixture } from '../testing/fixture.ts';

/** A method with a type of its own. */
type PerTypeMethod = DiscoveryMethod & { readonly typeUrl: string };

const perType = discoveryMethods.filter((method): method is PerTypeMethod => method.typeUrl !== undefined);

test('there is a state-of-the-world and an incremental service for each type', () => {
  assert.deepEqual(
    perType.map(({ variant, typeUrl }) => `${variant} ${typeUrl}`).sort(),
    Object.values(typeUrls)
      .flatMap((typeUrl) => [`delta ${typeUrl}`, `sotw ${typeUrl}`])
      .sort(),
  );
});

for (const { path, variant, typeUrl } of perType) {
  test(`${path} serves its type, named or not`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: service('a') });
    const client = await connect();
    for (const given of ['', typeUrl]) {
      if (variant === 'sotw') {
        const stream = client.sotw(path);
        stream.request(given, ['a']);
        assert.deepEqual((await stream.responseAck(typeUrl)).names, ['a']);
      } else {
        const stream = client.delta(path);
        stream.request(given, { subscribe: ['a'] });
        assert.deepEqual((await stream.responseAck(typeUrl)).names, ['a']);
      }
    }
  });

  test(`${path} refuses another type`, async (t) => {
    const { connect } = await startFixture(t);
    const client = await connect();
    const other = 'type.googleapis.com/envoy.service.runtime.v3.Runtime';
    const stream = variant === 'sotw' ? client.sotw(path) : client.delta(path);
    stream.request(other);
    const { code, message } = await stream.ended;
    assert.equal(code, 3);
    assert.match(message, /serves .* only/);
  });
}

for (const [variant, typeUrl] of [
  ['sotw', typeUrls.listener],
  ['delta', typeUrls.cluster],
] as const) {
  test(`a per-type ${variant} stream has the legacy wildcard`, async (t) => {
    const { cache, connect } = await startFixture(t);
    cache.update({ set: [...service('a'), ...service('b')] });
    const client = await connect();
    const { path } = perType.find((method) => method.variant === variant && method.typeUrl === typeUrl)!;
    const stream = variant === 'sotw' ? client.sotw(path) : client.delta(path);
    stream.request('');
    assert.deepEqual((await stream.responseAck(typeUrl)).names, ['a', 'b']);
  });
}

test('the Fetch methods, which are for REST, are not implemented', async (t) => {
  const { connect } = await startFixture(t);
  const client = await connect();
  const { code } = await client.call('/envoy.service.cluster.v3.ClusterDiscoveryService/FetchClusters').end();
  assert.equal(code, 12);
});

test('an aggregated request without a type ends the stream', async (t) => {
  const invalid: string[] = [];
  const { connect } = await startFixture(t, {
    observer: { invalidRequest: (_stream, { message }) => invalid.push(message) },
  });
  const client = await connect();
  for (const stream of [client.sotw(), client.delta()]) {
    stream.request('');
    assert.equal((await stream.ended).code, 3);
  }
  assert.equal(invalid.length, 2);
});
