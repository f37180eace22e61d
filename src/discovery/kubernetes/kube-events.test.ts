import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../../base/clock.ts';
import { type KubeEvent, KubeEvents } from './kube-events.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly type: string | undefined;
  readonly object: Record<string, unknown>;
}

/** An API server that knows Events alone: 201 or 409 where one is created, 200 or 404 where one is patched. */
async function start(t: TestContext, answer?: (asked: Asked) => number) {
  const names = new Set<string>();
  const asked: Asked[] = [];
  const results: string[] = [];
  const waiting: { readonly count: number; resolve(): void }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = request;
    const object = JSON.parse(Buffer.concat(chunks).toString());
    const one = { method, path, type: headers['content-type'], object };
    asked.push(one);
    const name = method === 'POST' ? `${path}/${object.metadata.name}` : path;
    const known = names.has(name) ? (method === 'POST' ? 409 : 200) : method === 'POST' ? 201 : 404;
    const status = answer?.(one) ?? known;
    if (status === 201) names.add(name);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: 'Status', message: 'said so' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clock = new ManualClock();
  const { port } = server.address() as AddressInfo;
  const access = { server: `http://127.0.0.1:${port}`, origin: 'test', requestOptions: async () => ({ headers: {} }) };
  const make = (instance: string): KubeEvents => {
    const done = (result: string, error?: Error): void => {
      results.push(error === undefined ? result : `${result}: ${error.message}`);
      for (const one of waiting) if (results.length >= one.count) one.resolve();
    };
    const events = new KubeEvents({ access, instance, clock, wallClock: () => 1_700_000_000_999, done });
    t.after(() => events.stop());
    return events;
  };
  t.after(() => server.close());
  /** Resolves once so many events are dealt with. */
  const settled = (count: number): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ count, resolve });
      if (results.length >= count) resolve();
    });
  return { names, asked, results, clock, make, settled };
}

const ejected: KubeEvent = {
  ...{ kind: 'Pod', namespace: 'shop', name: 'orders-1', type: 'Warning', reason: 'Ejected' },
  message: 'Gets no calls: it fails.',
};
const refused: KubeEvent = {
  ...{ kind: 'Service', namespace: 'shop', name: 'orders', type: 'Warning', reason: 'AnnotationRefused' },
  ...{ message: 'The annotation is wrong.', isShared: true },
};

test('an event is written as the recorder of client-go writes it, and again with a higher count', async (t) => {
  const { asked, results, make, settled, names } = await start(t);
  const events = make('evenkeel-0');
  events.record(ejected);
  await settled(1);
  events.record({ ...ejected, message: 'Gets no calls: it is silent.' });
  await settled(2);
  const [first, second] = asked as [Asked, Asked];
  const { metadata, ...rest } = first.object as { metadata: { name: string; namespace: string } };
  assert.match(metadata.name, /^orders-1\.[0-9a-f]{16}$/);
  assert.deepEqual(
    [first.method, first.path, first.type],
    ['POST', '/api/v1/namespaces/shop/events', 'application/json'],
  );
  const at = '2023-11-14T22:13:20Z';
  assert.deepEqual(rest, {
    ...{ apiVersion: 'v1', kind: 'Event', type: 'Warning', reason: 'Ejected', message: 'Gets no calls: it fails.' },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'orders-1' },
    ...{ count: 1, firstTimestamp: at, lastTimestamp: at, source: { component: 'evenkeel', host: 'evenkeel-0' } },
    ...{ reportingComponent: 'evenkeel.dev/control-plane', reportingInstance: 'evenkeel-0' },
  });
  assert.deepEqual([second.method, second.type], ['PATCH', 'application/merge-patch+json']);
  assert.equal(second.path, `${first.path}/${metadata.name}`);
  assert.deepEqual(second.object, { message: 'Gets no calls: it is silent.', count: 2, lastTimestamp: at });
  // An hour later the API server has forgotten it.
  names.clear();
  events.record(ejected);
  await settled(3);
  assert.deepEqual(
    asked.slice(2).map(({ method, object }) => [method, object.count]),
    [
      ['PATCH', 3],
      ['POST', 3],
    ],
  );
  assert.deepEqual(results, ['written', 'written', 'written']);
});

test('what all replicas see is one event, and each speaks for itself of what its own clients see', async (t) => {
  const { names, results, make, settled } = await start(t);
  const [one, other] = [make('evenkeel-0'), make('evenkeel-1')];
  for (const events of [one, other]) events.record(refused);
  await settled(2);
  assert.equal(names.size, 1);
  for (const events of [one, other]) events.record(ejected);
  await settled(4);
  assert.equal(names.size, 3);
  assert.deepEqual(new Set(results), new Set(['written']));
});

test('after a restart an event that is still there says what is so now', async (t) => {
  const { asked, results, make, settled } = await start(t);
  make('evenkeel-0').record(ejected);
  await settled(1);
  const restarted = make('evenkeel-0');
  restarted.record({ ...ejected, message: 'Gets no calls: it is silent.' });
  await settled(2);
  assert.deepEqual(
    asked.map(({ method, object }) => [method, object.message]),
    [
      ['POST', ejected.message],
      ['POST', 'Gets no calls: it is silent.'],
      ['PATCH', 'Gets no calls: it is silent.'],
    ],
  );
  assert.deepEqual(results, ['written', 'written']);
});

test('the name of a pod, which an EndpointSlice may have as it likes, stays within its segment of the path', async (t) => {
  const { asked, make, settled } = await start(t);
  const events = make('evenkeel-0');
  const names = ['../../../secrets/a', 'a?fieldManager=b#c', `${'a'.repeat(199)}😀`];
  for (const name of names) events.record({ ...ejected, name });
  await settled(names.length);
  for (const [index, name] of names.entries()) {
    const { path, object } = asked[index]!;
    assert.equal(path, '/api/v1/namespaces/shop/events');
    assert.equal((object.metadata as { name: string }).name.slice(0, -17), name.slice(0, 200).toWellFormed());
    events.record({ ...ejected, name });
    await settled(names.length + index + 1);
    const patched = asked.filter(({ method }) => method === 'PATCH')[index]!;
    assert.match(patched.path, /^\/api\/v1\/namespaces\/shop\/events\/[\w.%-]+$/);
  }
});

test('a burst is written, then one a second; more than a hundred that wait are lost and counted', async (t) => {
  const { asked, results, clock, make, settled } = await start(t);
  const events = make('evenkeel-0');
  const total = 20 + 100 + 30;
  for (let index = 0; index < total; index++) events.record({ ...ejected, name: `orders-${index}` });
  // One of them is being written by then, and waits no longer.
  await settled(total - 101 + 20);
  assert.equal(results.filter((result) => result === 'dropped').length, total - 101);
  assert.equal(asked.length, 20);
  clock.advance(1_000);
  await settled(total - 101 + 21);
  assert.equal(asked.length, 21);
});

test('an API server that refuses or is gone costs the event and nothing else; a long message is cut', async (t) => {
  const { asked, results, make, settled } = await start(t, ({ object }) => (object.type === 'Warning' ? 403 : 201));
  const events = make('evenkeel-0');
  events.record(ejected);
  events.record({
    ...ejected,
    type: 'Normal',
    reason: 'Restored',
    message: 'é'.repeat(2_000),
    name: `${'a'.repeat(199)}-b`,
  });
  await settled(2);
  assert.match(results[0]!, /^failed: the API server forbids to create events in namespace shop: said so/);
  assert.equal(results[1], 'written');
  const { message, metadata } = asked[1]!.object as { message: string; metadata: { name: string } };
  assert.ok(Buffer.byteLength(message) <= 1_024 && message.endsWith('é…'));
  assert.match(metadata.name, /^a{199}\.[0-9a-f]{16}$/);
  events.stop();
  events.record(ejected);
  assert.equal(results.length, 2);
});
