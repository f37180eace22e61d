import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeUrls } from '../index.ts';
import { cluster, listener, startFixture } from '../testing/fixture.ts';

const { cluster: CDS, listener: LDS } = typeUrls;

/** What the test's clients may see by name: nothing that begins with `secret`. */
function access(told: string[]) {
  return {
    access:
      () =>
      ({ name }: { readonly name: string }) =>
        !name.startsWith('secret'),
    observer: { hidden: (_stream: unknown, { name }: { readonly name: string }) => told.push(name) },
  };
}

test('what a client may not see does not exist for it: state of the world', async (t) => {
  const told: string[] = [];
  const { cache, server, connect } = await startFixture(t, access(told));
  cache.update({ set: [cluster('a'), cluster('secret'), listener('secret-name')] });
  const ads = (await connect()).sotw();
  assert.deepEqual((await ads.requestResponseAck(CDS, ['a', 'secret'])).names, ['a']);
  assert.deepEqual((await ads.requestResponseAck(LDS, ['secret-name', 'nobody'])).names, []);
  assert.deepEqual(told, ['secret', 'secret-name']);
  assert.deepEqual(server.clients()[0]!.hidden, [`${CDS} secret`, `${LDS} secret-name`]);

  cache.set(cluster('secret', 2));
  cache.set(cluster('a', 2));
  assert.deepEqual((await ads.responseAck(CDS)).names, ['a']);
  await ads.expectNoResponse();
  assert.equal(told.length, 2, 'a name is told of once');
});

test('what a client may not see does not exist for it: delta', async (t) => {
  const told: string[] = [];
  const { cache, connect } = await startFixture(t, access(told));
  cache.update({ set: [cluster('a'), cluster('secret')] });
  const ads = (await connect()).delta();
  const answer = await ads.requestResponseAck(CDS, { subscribe: ['a', 'secret', 'nobody'] });
  assert.deepEqual([answer.names, answer.removed], [['a'], ['nobody', 'secret']]);
  cache.set(cluster('secret', 2));
  cache.set(cluster('a', 2));
  assert.deepEqual((await ads.responseAck(CDS)).names, ['a']);
  await ads.expectNoResponse();
});

test('a wildcard leaves out what a client may not see, without a word', async (t) => {
  const told: string[] = [];
  const { cache, connect } = await startFixture(t, access(told));
  cache.update({ set: [cluster('a'), cluster('secret')] });
  const client = await connect();
  assert.deepEqual((await client.sotw().requestResponseAck(CDS)).names, ['a']);
  const delta = client.delta();
  assert.deepEqual((await delta.requestResponseAck(CDS)).names, ['a']);
  cache.set(cluster('secret-too'));
  cache.set(cluster('b'));
  assert.deepEqual((await delta.responseAck(CDS)).names, ['b']);
  assert.deepEqual(told, []);
});

test('asking for more names than are kept costs no memory', async (t) => {
  const told: string[] = [];
  const { cache, server, connect } = await startFixture(t, access(told));
  const names = Array.from({ length: 500 }, (_, index) => `secret-${index}`);
  cache.update({ set: names.map((name) => cluster(name)) });
  const ads = (await connect()).sotw();
  assert.deepEqual((await ads.requestResponseAck(CDS, names)).names, []);
  assert.equal(server.clients()[0]!.hidden.length, 100);
  assert.equal(told.length, 100);
});
