import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expected } from '../target/expected.ts';
import { type BackendEvent, watchBackends } from './watch-backends.ts';

const of = (addresses: readonly string[], more: Partial<Expected> = {}): Expected => ({
  ...{ source: 'dns', count: addresses.length, known: addresses.length > 1, families: true },
  backends: addresses.map((address) => ({ address })),
  ...more,
});
const told = (events: readonly BackendEvent[]): string[] =>
  events.map(({ event, address, name = '' }) => `${event} ${address} ${name}`.trim());

/** Asks for these answers, one after the other, and then ends; an error is an answer that does not come. */
async function watch(first: Expected, ...answers: readonly (Expected | Error)[]) {
  const left = [...answers];
  const asked = Promise.withResolvers<void>();
  const came: BackendEvent[] = [];
  const stop = watchBackends(
    first,
    async () => {
      const next = left.shift();
      if (left.length === 0) asked.resolve();
      if (next === undefined || next instanceof Error) throw next ?? new Error('nothing new');
      return next;
    },
    1,
    (event) => came.push(event),
  );
  await asked.promise;
  return { ...(await stop()), came };
}

test('who came and who went is told, in the order of the answers', async () => {
  const { events, last, came } = await watch(of(['a:1', 'b:1']), of(['a:1', 'c:1']), of(['a:1', 'b:1', 'c:1']));
  assert.deepEqual(told(events), ['came c:1', 'went b:1', 'came b:1']);
  assert.deepEqual(told(came), ['came c:1', 'came b:1']);
  assert.deepEqual(last, of(['a:1', 'b:1', 'c:1']));
});

test('what cannot be asked is asked again', async () => {
  const { events, last } = await watch(
    of(['a:1', 'b:1']),
    new Error('SERVFAIL'),
    new Error('SERVFAIL'),
    of(['a:1', 'c:1']),
  );
  assert.deepEqual(told(events), ['came c:1', 'went b:1']);
  assert.equal(last.backends.length, 2);
});

test('an empty answer is believed where it is meant', async () => {
  const dns = await watch(of(['a:1', 'b:1']), of([]));
  assert.deepEqual([told(dns.events), dns.last.backends.length], [[], 2]);
  const source = 'endpointslices';
  const slices = await watch(of(['a:1', 'b:1'], { source }), of([], { source, known: true }));
  assert.deepEqual([told(slices.events), slices.last.backends.length], [['went a:1', 'went b:1'], 0]);
});

test('a pod that has the address of one before it is another backend', async () => {
  const named = (name: string): Expected => of([], { backends: [{ address: 'a:1', name }] });
  const { events } = await watch(named('web-0'), named('web-1'));
  assert.deepEqual(told(events), ['came a:1 web-1', 'went a:1 web-0']);
});

test('the one address that is left of several is no virtual one', async () => {
  const { last } = await watch(of(['a:1', 'b:1']), of(['a:1'], { count: null, known: false }));
  assert.deepEqual([last.known, last.count], [true, 1]);
  const single = await watch(of(['a:1'], { count: null, known: false }), of(['b:1'], { count: null, known: false }));
  assert.deepEqual([single.last.known, single.last.count], [false, null]);
});

test('after the end nothing is asked, and what comes late changes nothing', async () => {
  const answer = Promise.withResolvers<Expected>();
  const asked = Promise.withResolvers<void>();
  let questions = 0;
  const stop = watchBackends(
    of(['a:1', 'b:1']),
    () => {
      questions += 1;
      asked.resolve();
      return answer.promise;
    },
    1,
  );
  await asked.promise;
  const { events, last } = await stop(true);
  answer.resolve(of(['c:1', 'd:1']));
  await answer.promise;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([questions, told(events), last], [1, [], of(['a:1', 'b:1'])]);
});
