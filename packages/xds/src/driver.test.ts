import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type EncodedResource, fromAny, typeUrls } from './index.ts';
import { service, startFixture } from './testing/fixture.ts';

// What conformance harnesses need: a node's state from packed resources, with versions of their own.

/** Resources as somebody else has packed them. */
function packed(resources: readonly EncodedResource[], version: string): EncodedResource[] {
  return resources.map(({ typeUrl, bytes }) => fromAny({ typeUrl, value: bytes }, { version }));
}

const types = Object.values(typeUrls);

test('a node’s whole state is set from packed resources and cleared again, in all types and both variants', async (t) => {
  const { cache, connect } = await startFixture(t, { group: ({ id }) => id });
  const client = await connect({ node: { id: 'one' } });
  const [sotw, delta] = [client.sotw(), client.delta()];
  cache.setSnapshot({ group: 'one', resources: packed(service('a'), 'r1'), version: 'v1' });
  for (const typeUrl of types) {
    const inSotw = await sotw.requestResponseAck(typeUrl, ['a']);
    assert.deepEqual([inSotw.version, inSotw.names], ['v1', ['a']]);
    const inDelta = await delta.requestResponseAck(typeUrl, { subscribe: ['a'] });
    assert.deepEqual([inDelta.version, inDelta.resources[0]?.version], ['v1', 'r1']);
    const { bytes } = service('a').find((resource) => resource.typeUrl === typeUrl)!;
    for (const { resources } of [inSotw, inDelta]) assert.deepEqual(Buffer.from(resources[0]!.bytes), bytes);
  }

  cache.setSnapshot({ group: 'one', resources: [], version: 'v2' });
  const gone = new Map<string, readonly string[]>();
  for (const _type of types) {
    const { typeUrl, version, removed, ...response } = await delta.response();
    assert.equal(version, 'v2');
    gone.set(typeUrl, removed);
    delta.ack({ typeUrl, version, removed, ...response });
  }
  assert.deepEqual(gone, new Map([...gone.keys()].map((typeUrl) => [typeUrl, ['a']])));
  assert.equal(gone.size, types.length);
  // In state of the world only listeners and clusters can say so.
  for (const _type of [typeUrls.listener, typeUrls.cluster]) {
    const response = await sotw.response();
    assert.deepEqual([response.version, response.names], ['v2', []]);
    sotw.ack(response);
  }
  await sotw.expectNoResponse();
});

test('one resource is added, updated and removed in every type, the others are left alone', async (t) => {
  const { cache, connect } = await startFixture(t, { group: ({ id }) => id });
  const client = await connect({ node: { id: 'one' } });
  const delta = client.delta();
  for (const typeUrl of types) {
    await delta.requestResponseAck(typeUrl, { subscribe: ['a', 'b'] });
    const [one] = packed(
      service('a').filter((resource) => resource.typeUrl === typeUrl),
      '1',
    );
    const [two] = packed(
      service('a').filter((resource) => resource.typeUrl === typeUrl),
      '2',
    );
    const seen: unknown[] = [];
    const next = async () => {
      const { version, names, removed, resources } = await delta.responseAck(typeUrl);
      seen.push([version, names, removed, resources[0]?.version]);
    };
    cache.set(one!, { group: 'one', version: 'added' });
    await next();
    cache.set(two!, { group: 'one', version: 'updated' });
    await next();
    cache.remove(typeUrl, 'a', { group: 'one', version: 'removed' });
    await next();
    assert.deepEqual(seen, [
      ['added', ['a'], [], '1'],
      ['updated', ['a'], [], '2'],
      ['removed', [], ['a'], undefined],
    ]);
  }
  await delta.expectNoResponse();
});

test('what one node is given no other node sees', async (t) => {
  const { cache, connect } = await startFixture(t, { group: ({ id }) => id });
  const other = (await connect({ node: { id: 'two' } })).sotw();
  await other.requestResponseAck(typeUrls.cluster);
  cache.setSnapshot({ group: 'one', resources: packed(service('a'), '1'), version: 'v1' });
  cache.clear('one');
  await other.expectNoResponse();
});

test('the program in docs/driver.md prints what stands there', async () => {
  const page = readFileSync(resolve(import.meta.dirname, '../docs/driver.md'), 'utf8');
  const [, program] = /^```js\n(.*?)^```/ms.exec(page)!;
  const [, printed] = /^prints\n\n```\n(.*?)^```/ms.exec(page)!;
  const library = pathToFileURL(join(import.meta.dirname, 'index.ts')).href;
  const args = ['--input-type=module', '--eval', program!.replace('@evenkeel/xds', library)];
  assert.equal((await promisify(execFile)(process.execPath, args)).stdout, printed);
});
