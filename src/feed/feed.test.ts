import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../base/clock.ts';
import type { LoadView, LoadViewPod, LoadViewService } from '../load/load-view.ts';
import { edgeRows } from './edge-rows.ts';
import { Feed } from './feed.ts';
import type { FeedSource } from './feed-source.ts';
import { KeyedChanges } from './keyed-changes.ts';
import type { FeedEvent } from './rows.ts';
import { Timeline } from './timeline.ts';
import { Trends } from './trends.ts';

const pod = (name: string, more: Partial<LoadViewPod> = {}): LoadViewPod => ({
  ...{ pod: name, address: `${name}:1`, zone: 'a', calls: 10, failed: 0, inFlight: 0, meanMs: null, ejected: null },
  total: { calls: 10, failed: 0 },
  ...more,
});
const orders: LoadViewService = {
  ...{ namespace: 'shop', name: 'orders', port: 80, verdict: 'balanced', since: '2026-01-01T00:00:00.000Z', why: '' },
  ...{ calls: 20, failed: 0, total: { calls: 20, failed: 0 }, pods: [pod('o-0'), pod('gone-0')] },
  callers: [{ namespace: 'shop', workload: 'web', zone: 'a', calls: 20, failed: 1 }],
};
const view: LoadView = { asOf: '', windowMs: 5_000, streams: 3, services: [orders] };

class TestSource implements FeedSource {
  version = '1.2.3';
  view: LoadView | undefined = view;
  timeline = new Timeline(() => 1_000);
  asked = 0;
  readiness = () => ({ ready: true, degraded: [] });
  streams = () => 7;
  load = () => this.view;
  *ports() {
    this.asked += 1;
    for (const name of ['cart', 'orders']) {
      yield { namespace: 'shop', name, port: 80, portName: 'grpc', published: 1, known: 1, problems: [] };
    }
  }
  endpoints = (port: string) =>
    port === 'shop/orders:80'
      ? ['o-0', 'o-1'].map((name) => ({ pod: name, address: `${name}:1`, zone: 'a', kubeNode: '', state: 'published' }))
      : undefined;
  trend = () => undefined;
  plan = () => ({ why: ['all stay'], sets: [{ clients: 7, endpoints: 2 }] });
  events = (port: string) => this.timeline.of(port);
  clients = () => [];
  control = () => [];
}

function opened(topic: Parameters<Feed['open']>[0], port = '') {
  const clock = new ManualClock();
  const source = new TestSource();
  const feed = new Feed({ source, clock, wallClock: () => 0 });
  const events: FeedEvent[] = [];
  let reads = true;
  const end = feed.open(topic, port, (make) => {
    if (reads) events.push(make());
  });
  return { clock, source, events, end, feed, setReads: (does: boolean) => (reads = does) };
}

const keys = (event: FeedEvent | undefined) => event?.rows.map(({ key }) => key);

test('a page gets all rows at once, then those that have changed', () => {
  const { clock, source, events, end } = opened('services');
  assert.deepEqual(keys(events[0]), ['head', 'service shop/cart:80', 'service shop/orders:80']);
  clock.advance(500);
  assert.deepEqual(events[1], { asOf: '1970-01-01T00:00:00.000Z', rows: [], gone: [] });
  source.view = { ...view, services: [{ ...orders, calls: 21 }] };
  clock.advance(500);
  assert.deepEqual(keys(events[2]), ['service shop/orders:80']);
  end();
  assert.equal(clock.pending, 0, 'without a page nothing is done');
});

test('a page gets no more rows than it can show, and is told how many there are', () => {
  const source = new TestSource();
  source.ports = function* () {
    for (let index = 0; index < 20_010; index++) {
      const name = `s${index}`;
      yield { namespace: 'shop', name, port: 80, portName: 'grpc', published: 1, known: 1, problems: [] };
    }
  };
  const feed = new Feed({ source, clock: new ManualClock(), wallClock: () => 0 });
  const events: FeedEvent[] = [];
  feed.open('services', '', (make) => void events.push(make()))();
  const [head, ...rows] = events[0]!.rows;
  assert.equal(rows.length, 20_000);
  assert.ok(head?.kind === 'head' && head.rows > 20_000, `${JSON.stringify(head)}`);
});

test('whoever does not read gets later what it has missed, as one', () => {
  const { clock, source, events, setReads } = opened('services');
  setReads(false);
  source.view = { ...view, services: [{ ...orders, calls: 21 }] };
  clock.advance(1_000);
  setReads(true);
  clock.advance(500);
  assert.equal(events.length, 2);
  assert.deepEqual(keys(events[1]), ['service shop/orders:80']);
});

test('two pages with one topic have its rows made once', () => {
  const { clock, source, feed } = opened('services');
  feed.open('services', '', (make) => make());
  const before = source.asked;
  clock.advance(500);
  assert.equal(source.asked, before + 1);
});

test('a Service has its pods, those that are gone and still reported about too, its callers and events', () => {
  const { source, events, clock } = opened('service', 'shop/orders:80');
  assert.deepEqual(keys(events[0]), [
    'head',
    'service shop/orders:80',
    'plan',
    'pod o-0:1',
    'pod o-1:1',
    'pod gone-0:1',
    'caller shop/web a',
  ]);
  const states = events[0]!.rows.map((row) => (row.kind === 'pod' ? [row.state, row.load?.calls] : undefined));
  assert.deepEqual(states.filter(Boolean), [
    ['published', 10],
    ['published', undefined],
    ['gone', 10],
  ]);
  source.timeline.pods('shop/orders:80', [{ address: '1', pod: 'a' }]);
  source.timeline.pods('shop/orders:80', [{ address: '2', pod: 'b' }]);
  clock.advance(500);
  assert.deepEqual(keys(events[1]), ['head', 'event 1', 'event 0']);
  assert.deepEqual(keys(opened('service', 'shop/none:80').events[0]), ['head']);
});

test('without reports there are Services and no calls', () => {
  const { source, clock, events } = opened('services');
  source.view = undefined;
  clock.advance(500);
  const [head, row] = events[1]!.rows;
  assert.deepEqual([head?.kind === 'head' && head.reports, row?.kind === 'service' && row.load], [false, null]);
});

test('changes are of items that are new or different, and of those that are no more', () => {
  const changes = new KeyedChanges<{ key: string; value: number }>(({ key }) => key);
  const [a, b] = [
    { key: 'a', value: 1 },
    { key: 'b', value: 1 },
  ];
  assert.deepEqual(changes.next([a, b]), { changed: [a, b], gone: [] });
  assert.deepEqual(changes.next([{ ...a }, b]), { changed: [], gone: [] });
  assert.deepEqual(changes.next([{ ...b, value: 2 }]), { changed: [{ key: 'b', value: 2 }], gone: ['a'] });
  assert.deepEqual(changes.next([a]), { changed: [a], gone: ['b'] });
});

test('trends are of the last steps, and begin anew with a Service', () => {
  const trends = new Trends(5_000);
  for (let step = 0; step <= 60; step++) trends.step([['a', step * 10, step]], step * 5_000);
  const { calls, failed, endMs } = trends.of('a')!;
  assert.deepEqual([calls.length, new Set(calls), new Set(failed), endMs], [48, new Set([10]), new Set([1]), 300_000]);
  trends.step([['a', 5, 0]], 305_000);
  assert.equal(trends.of('a')!.calls.at(-1), 0, 'it counts from 0 again');
  trends.step([], 310_000);
  assert.equal(trends.of('a'), undefined);
});

test('the time line has pods that come and go, not those that it begins with; ejections; verdicts', () => {
  const timeline = new Timeline(() => 5);
  const [a, b] = [
    { address: '10.0.0.1:1', pod: 'a' },
    { address: '10.0.0.2:1', pod: undefined },
  ];
  timeline.pods('p', [a]);
  timeline.pods('p', [a, b]);
  timeline.ejected('p', new Map([['a', 'fails']]));
  timeline.ejected('p', new Map([['a', 'fails']]));
  timeline.ejected('p', new Map());
  timeline.pods('p', [b]);
  timeline.pods('p', [{ ...b, pod: 'other' }]);
  timeline.verdict('p', 'balanced', '');
  timeline.verdict('p', 'balanced', '');
  timeline.verdict('p', 'skewed', 'why');
  assert.deepEqual(
    timeline.of('p').map(({ what, subject, why }) => [what, subject, why]),
    [
      ['verdict', 'skewed', 'why'],
      ['went', '10.0.0.2:1', ''],
      ['came', 'other', '10.0.0.2:1'],
      ['went', 'a', '10.0.0.1:1'],
      ['returned', 'a', ''],
      ['ejected', 'a', 'fails'],
      ['came', '10.0.0.2:1', ''],
    ],
  );
  timeline.removed('p');
  assert.deepEqual(timeline.of('p'), []);
});

test('a pod that goes while it is ejected is not back', () => {
  const timeline = new Timeline();
  timeline.pods('p', [{ address: '1', pod: 'a' }]);
  timeline.ejected('p', new Map([['a', 'fails']]));
  timeline.pods('p', [], new Map([['1', 'not ready']]));
  timeline.ejected('p', new Map());
  assert.deepEqual(
    timeline.of('p').map(({ what, why }) => [what, why]),
    [
      ['went', '1, not ready'],
      ['ejected', 'fails'],
    ],
  );
});

test('a Service that comes again has no past: nothing came, changed or was ejected before', () => {
  const timeline = new Timeline();
  const ejected = new Map([['a', 'fails']]);
  timeline.pods('p', []);
  timeline.verdict('p', 'skewed', '');
  timeline.ejected('p', ejected);
  timeline.removed('p');
  timeline.pods('p', [{ address: '1', pod: 'a' }]);
  timeline.verdict('p', 'balanced', '');
  timeline.ejected('p', ejected);
  assert.deepEqual(
    timeline.of('p').map(({ what }) => what),
    ['ejected'],
  );
});

test('the time line is bounded, by port and as a whole', () => {
  const timeline = new Timeline();
  for (let turn = 0; turn < 100; turn++) timeline.pods('p', turn % 2 === 0 ? [] : [{ address: '1', pod: 'a' }]);
  assert.equal(timeline.of('p').length, 60);
  for (let port = 0; port < 2_000; port++) {
    timeline.pods(`other ${port}`, []);
    timeline.pods(`other ${port}`, [{ address: '1', pod: 'a' }]);
  }
  assert.deepEqual(timeline.of('p'), []);
  assert.equal(timeline.of('other 1999').length, 1);
});

test('of too many ports the one that has been quiet longest is forgotten', () => {
  const timeline = new Timeline();
  const happens = (port: string, pod: string) => timeline.pods(port, [{ address: '1', pod }]);
  for (const port of ['busy', 'quiet']) for (const pod of ['a', 'b']) happens(port, pod);
  for (let port = 0; port < 1_999; port++) {
    for (const pod of ['a', 'b']) happens(`other ${port}`, pod);
    happens('busy', `${port}`);
  }
  assert.deepEqual(timeline.of('quiet'), []);
  assert.equal(timeline.of('busy').length, 60);
});

test('edges lead on where a Service is the pods of a workload', () => {
  const named = { ...orders, pods: [pod('orders-0'), pod('orders-1')] };
  assert.deepEqual(edgeRows({ ...view, services: [named] }), [
    {
      ...{ key: 'edge shop/web shop/orders:80', kind: 'edge', toWorkload: 'orders', calls: 20, failed: 1 },
      from: { namespace: 'shop', workload: 'web' },
      to: { namespace: 'shop', name: 'orders', port: 80 },
    },
  ]);
  assert.equal(edgeRows(view)[0]!.toWorkload, '', 'its pods are of two');
  assert.deepEqual(edgeRows(undefined), []);
});
