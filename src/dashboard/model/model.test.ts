import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallerRow, ClientRow, EdgeRow, HeadRow, PodRow, ServiceRow } from '../../feed/rows.ts';
import { holdingsOf, listClients } from './client-list.ts';
import { bytes, count, percent, rate } from './figures.ts';
import { layOut } from './map-layout.ts';
import { pageOf } from './page-of.ts';
import { listPods, scaleOf } from './pod-list.ts';
import { hashOf, routeOf } from './route.ts';
import { emptyStore, headOf, rowsOf, withEvent } from './row-store.ts';
import { listServices, stateOf, summaryOf, toneOf } from './service-list.ts';
import { sparkPath } from './spark-path.ts';
import { zonesOf } from './zones.ts';

const load: NonNullable<ServiceRow['load']> = {
  ...{ verdict: 'balanced', since: '', why: '', calls: 100, failed: 0, off: [], offCount: 0 },
};
const service = (name: string, more: Partial<ServiceRow> = {}): ServiceRow => ({
  ...{ key: `service shop/${name}:80`, kind: 'service', namespace: 'shop', name, port: 80, portName: 'grpc' },
  ...{ published: 3, known: 3, problems: [], load },
  ...more,
});

test('the state of a Service is its verdict, unless something else is worse', () => {
  const states: [row: ServiceRow, state: string, tone: string][] = [
    [service('a'), 'balanced', 'good'],
    [service('a', { load: { ...load, offCount: 1 } }), '1 pod stands out', 'bad'],
    [service('a', { load: { ...load, verdict: 'inconclusive', offCount: 2 } }), '2 pods stand out', 'bad'],
    [service('a', { load: { ...load, verdict: 'partial', offCount: 2 } }), 'partial', 'bad'],
    [service('a', { load: { ...load, verdict: 'skewed' } }), 'skewed', 'warn'],
    [service('a', { load: { ...load, failed: 1 } }), 'failing', 'warn'],
    [service('a', { load: { ...load, verdict: 'inconclusive' } }), 'inconclusive', 'idle'],
    [service('a', { load: null }), 'no reports', 'idle'],
    [service('a', { load: null, problems: ['no slice'] }), 'problem', 'warn'],
    [service('a', { published: 0 }), 'none ready', 'bad'],
    [service('a', { published: 0, known: 0, load: null }), 'no endpoints', 'idle'],
  ];
  assert.deepEqual(
    states.map(([row]) => [stateOf(row), toneOf(row)]),
    states.map(([, state, tone]) => [state, tone]),
  );
});

test('Services: the worst first, or by name, calls and failures; by a part of their name', () => {
  const all = [
    service('cart', { load: { ...load, calls: 5 } }),
    service('b', { load: null }),
    service('orders', { load: { ...load, calls: 50, failed: 10, offCount: 1 } }),
    service('auth'),
  ];
  const names = (...args: [filter: string, order: Parameters<typeof listServices>[2]]) =>
    listServices(all, ...args).map(({ name }) => name);
  assert.deepEqual(names('', 'state'), ['orders', 'auth', 'cart', 'b']);
  assert.deepEqual(names('', 'name'), ['auth', 'b', 'cart', 'orders']);
  assert.deepEqual(names('', 'calls'), ['auth', 'orders', 'cart', 'b']);
  assert.deepEqual(names('', 'failed'), ['orders', 'auth', 'cart', 'b']);
  assert.deepEqual(names(' SHOP/C', 'name'), ['cart']);
  const { services, pods, off, calls, failed, tones } = summaryOf(all);
  assert.deepEqual([services, pods, off, calls, failed], [4, 12, 1, 155, 10]);
  assert.deepEqual(tones, { bad: 1, warn: 0, good: 2, idle: 1 });
});

const pod = (name: string, more: Partial<PodRow> = {}, calls: Partial<NonNullable<PodRow['load']>> = {}): PodRow => ({
  ...{ key: `pod ${name}`, kind: 'pod', pod: name, address: `${name}:1`, zone: 'a', kubeNode: '', state: 'published' },
  load: {
    ...{ calls: 10, failed: 0, inFlight: 0.5, meanMs: null, ejected: null, off: null, total: { calls: 0, failed: 0 } },
    ...calls,
  },
  ...more,
});

test('pods: those that stand out first; bars are measured by the most, the even share by those that get calls', () => {
  const ejected = { since: '', until: '', why: 'fails for everybody' };
  const rows = [
    pod('b'),
    pod('a'),
    pod('z', {}, { off: 'gets no calls', calls: 0 }),
    pod('y', { state: 'ejected' }, { ejected, calls: 1 }),
    pod('c', { state: 'not-ready', load: null }),
    pod('d', { state: 'unhealthy', load: null }),
  ];
  assert.deepEqual(
    listPods(rows).map(({ row, state, why }) => [row.pod, state, why]),
    [
      ['y', 'ejected', 'fails for everybody'],
      ['z', 'stands out', 'gets no calls'],
      ['c', 'not ready', ''],
      ['d', 'unhealthy', ''],
      ['a', 'in use', ''],
      ['b', 'in use', ''],
    ],
  );
  assert.deepEqual(scaleOf(rows), { calls: 10, failed: 0, inFlight: 1, even: 20 / 3 });
  assert.equal(scaleOf([]).even, undefined);
});

test('callers by zone', () => {
  const caller = (zone: string, calls: number): CallerRow => ({
    ...{ key: `${zone}${calls}`, kind: 'caller', namespace: 'shop', workload: 'web', zone, calls, failed: 1 },
  });
  assert.deepEqual(zonesOf([caller('a', 1), caller('b', 5), caller('a', 2), caller('unknown', 1)]), [
    { zone: 'b', calls: 5, failed: 1 },
    { zone: 'a', calls: 3, failed: 2 },
    { zone: '', calls: 1, failed: 1 },
  ]);
});

const edge = (from: string, to: string, calls = 10, more: Partial<EdgeRow> = {}): EdgeRow => ({
  ...{ key: `edge ${from} ${to}`, kind: 'edge', calls, failed: 0, toWorkload: to },
  from: { namespace: 'shop', workload: from },
  to: { namespace: 'shop', name: to, port: 80 },
  ...more,
});

test('the map has callers left of what they call, and a Service that calls others once', () => {
  const { nodes, edges, width } = layOut([edge('web', 'orders'), edge('orders', 'db'), edge('web', 'db')]);
  const x = Object.fromEntries(nodes.map(({ name, x: left }) => [name, left]));
  assert.deepEqual(Object.keys(x).sort(), ['db', 'orders', 'web']);
  assert.ok(x.web! < x.orders! && x.orders! < x.db! && x.db! < width);
  assert.equal(edges.length, 3);
  assert.deepEqual(
    layOut([edge('web', 'orders', 10, { toWorkload: '' })]).nodes.map(({ name, port }) => [name, port]),
    [
      ['web', ''],
      ['orders:80', 'shop/orders:80'],
    ],
  );
});

test('the map ends where calls run in a circle, and for one that calls itself; edges show errors and rates', () => {
  const { nodes, edges } = layOut([edge('a', 'b', 1_000, { failed: 100 }), edge('b', 'a', 1), edge('a', 'a')]);
  assert.equal(nodes.length, 2);
  assert.deepEqual(
    edges.map(({ tone }) => tone),
    ['bad', 'good', 'good'],
  );
  assert.ok(edges[0]!.width > edges[1]!.width);
  for (const { path } of edges) assert.doesNotMatch(path, /NaN/);
  assert.equal(new Set(nodes.map(({ x, y }) => `${x} ${y}`)).size, 2, 'none lies on another one');
  assert.deepEqual(layOut([]).nodes, []);
});

test('clients: those that are not in order first; what they have of what they ask for', () => {
  const client = (node: string, state: ClientRow['state']): ClientRow => ({
    ...{ key: node, kind: 'client', node, peer: '', namespace: 'shop', workload: 'web', zone: 'a', kubeNode: '' },
    ...{ language: 'Go', version: '1.85.0', protocol: 'sotw', state, why: '', types: [] },
  });
  const all = [client('b', 'SYNCED'), client('c', 'NOT SENT'), client('a', 'SYNCED'), client('d', 'REJECTED')];
  const names = (filter: string) => listClients(all, filter).map(({ node }) => node);
  assert.deepEqual(names(''), ['d', 'c', 'a', 'b']);
  assert.deepEqual(names('go 1.85'), ['d', 'c', 'a', 'b']);
  assert.deepEqual(names('reject'), ['d']);
  const type = (name: string, asked: number, sent: number) => ({ type: name, asked, sent });
  assert.equal(
    holdingsOf([type('cluster', 2, 1), type('other', 1, 1), type('listener', -1, 7)]),
    '7 listeners, 1 of 2 clusters, 1 other',
  );
  assert.equal(holdingsOf([]), 'asks for nothing');
});

test('rows are kept by key; a stream that begins anew has all of them', () => {
  const head = { key: 'head', kind: 'head', rows: 1 } as HeadRow;
  const first = withEvent(emptyStore, { asOf: '1', rows: [head, service('a'), service('b')], gone: [] }, true);
  const second = withEvent(
    first,
    { asOf: '2', rows: [service('a', { known: 4 })], gone: ['service shop/b:80'] },
    false,
  );
  assert.deepEqual(
    rowsOf(second, 'service').map(({ name, known }) => [name, known]),
    [['a', 4]],
  );
  assert.equal(headOf(second), head);
  assert.equal(rowsOf(first, 'service').length, 2, 'what was before stays as it is');
  const idle = withEvent(second, { asOf: '3', rows: [], gone: [] }, false);
  assert.equal(idle.rows, second.rows);
  assert.deepEqual(rowsOf(withEvent(second, { asOf: '4', rows: [head], gone: [] }, true), 'service'), []);
});

test('a route is in the address, whatever stands there', () => {
  for (const topic of ['services', 'map', 'clients', 'control'] as const) {
    assert.deepEqual(routeOf(hashOf({ topic, port: '' })), { topic, port: '' });
  }
  const service = { topic: 'service', port: 'shop/orders:80' } as const;
  assert.equal(hashOf(service), '#/services/shop/orders%3A80');
  assert.deepEqual(routeOf(hashOf(service)), service);
  for (const hash of ['', '#', '#/', '#/service', '#/other', '#%', '#/%/%']) {
    assert.deepEqual(routeOf(hash), { topic: 'services', port: '' }, hash);
  }
  assert.deepEqual(routeOf('#/services/%zz'), { topic: 'service', port: '%zz' });
});

test('a long list is shown in parts', () => {
  const items = Array.from({ length: 120 }, (_, index) => index);
  assert.deepEqual(
    [pageOf(items, 1).items.length, pageOf(items, 1).label, pageOf(items, 9).label, pageOf(items, 9).index],
    [50, '51–100 of 120', '101–120 of 120', 2],
  );
  assert.deepEqual([pageOf([], 3).pages, pageOf([], 3).index, pageOf([], 3).label], [1, 0, '']);
});

test('figures', () => {
  assert.deepEqual([rate(50, 10_000), rate(12_345, 1_000), rate(1, 0)], ['5.0', '12,345', '–']);
  assert.deepEqual(
    [percent(0, 0), percent(0, 10), percent(1, 3), percent(1, 100_000), percent(99, 99), percent(5, 0)],
    ['–', '0 %', '33.3 %', '0.00 %', '100 %', '100 %'],
  );
  assert.deepEqual([bytes(12), bytes(37_100), bytes(2.2e9)], ['12 B', '37.1 kB', '2.2 GB']);
  assert.deepEqual([count(1, 'pod'), count(1_000, 'pod')], ['1 pod', '1,000 pods']);
});

test('a sparkline ends at the right, whatever was before', () => {
  assert.equal(sparkPath([0, 10], 100, 20, 11), 'M90.0 19.0L100.0 1.0');
  assert.equal(sparkPath([1], 100, 20, 11), '');
  assert.equal(sparkPath([0, 5], 100, 20, 11, 10), 'M90.0 19.0L100.0 10.0');
});
