import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ResourceErrors, typeUrls } from '../index.ts';
import { assignment, cluster, listener, service, startFixture } from '../testing/fixture.ts';

// xRFC TP3, "Protocol Behavior".

const notFound: ResourceErrors = (_typeUrl, name) => ({ code: 5, message: `there is no ${name}` });
const errorOf = (name: string) => ({ name, code: 5, message: `there is no ${name}` });
/** Those who say that they read it, in a way that is the caller's own. */
const resourceErrors = ({ metadata }: { readonly metadata: Readonly<Record<string, unknown>> }) =>
  metadata.reads === true ? notFound : undefined;
const reads = { node: { id: 'web-1', metadata: { reads: true } } };

for (const typeUrl of Object.values(typeUrls)) {
  test(`${typeUrl}: what is asked for in vain is answered with the reason, once, until it is there`, async (t) => {
    const { cache, connect } = await startFixture(t, { resourceErrors });
    cache.update({ set: service('a') });
    const ads = (await connect(reads)).sotw();
    const first = await ads.requestResponseAck(typeUrl, ['a', 'b']);
    assert.deepEqual([first.names, first.errors], [['a'], [errorOf('b')]]);
    await ads.expectNoResponse();
    const more = await ads.requestResponseAck(typeUrl, ['a', 'b', 'c']);
    assert.deepEqual(more.errors, [errorOf('c')]);
    cache.update({ set: service('b') });
    const next = await ads.responseAck(typeUrl);
    assert.ok(next.names.includes('b'));
    assert.deepEqual(next.errors, []);
    await ads.expectNoResponse();

    const delta = (await connect(reads)).delta();
    const answer = await delta.requestResponseAck(typeUrl, { subscribe: ['a', 'z'] });
    assert.deepEqual([answer.names, answer.removed, answer.errors], [['a'], ['z'], [errorOf('z')]]);
  });
}

test('to a client that does not say that it reads them nothing is sent that was not sent without', async (t) => {
  const sent: object[][] = [];
  for (const options of [{}, { resourceErrors }]) {
    const responses: object[] = [];
    const observer = { response: (_stream: object, response: object) => responses.push(response) };
    const { cache, connect } = await startFixture(t, { ...options, observer });
    cache.update({ set: service('a') });
    const ads = (await connect({ node: { id: 'web-1' } })).sotw();
    for (const typeUrl of Object.values(typeUrls)) {
      const { errors } = await ads.requestResponseAck(typeUrl, ['a', 'b']);
      assert.deepEqual(errors, []);
      await ads.expectNoResponse();
    }
    sent.push(responses);
  }
  assert.deepEqual(sent[0], sent[1]);
});

test('what a client may not see is a name like any other that is not there', async (t) => {
  const { cache, connect } = await startFixture(t, {
    resourceErrors,
    access:
      () =>
      ({ name }) =>
        name !== 'secret',
  });
  cache.update({ set: [listener('secret'), listener('a')] });
  const ads = (await connect(reads)).sotw();
  const { names, errors } = await ads.requestResponseAck(typeUrls.listener, ['secret', 'a']);
  assert.deepEqual([names, errors], [['a'], [errorOf('secret')]]);
});

test('a resource that goes is said with the reason; what a wildcard has lost is not', async (t) => {
  const { cache, connect } = await startFixture(t, { resourceErrors });
  cache.update({ set: [cluster('a'), cluster('b'), assignment('a')] });
  const ads = (await connect(reads)).sotw();
  await ads.requestResponseAck(typeUrls.cluster, ['*', 'a']);
  cache.update({ remove: [cluster('a'), cluster('b')] });
  const { names, errors } = await ads.responseAck(typeUrls.cluster);
  assert.deepEqual([names, errors], [[], [errorOf('a')]]);
});

test('texts and their number are bounded', async (t) => {
  const long: ResourceErrors = () => ({ code: 5, message: 'é'.repeat(5_000) });
  const { connect } = await startFixture(t, { resourceErrors: () => long });
  const ads = (await connect()).sotw();
  const names = Array.from({ length: 500 }, (_, index) => `n${index}`);
  const { errors } = await ads.requestResponseAck(typeUrls.endpoint, names);
  assert.equal(errors.length, 100);
  assert.equal(errors[0]!.message, `${'é'.repeat(999)}…`);
});
