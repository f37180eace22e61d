import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayWidth } from '../base/printable.ts';
import { edgesOf } from '../load/edges.ts';
import { painter } from '../probe/print/layout.ts';
import { duration } from './duration.ts';
import { printEdges } from './edges.ts';
import { liveGate } from './live-gate.ts';
import { mergeViews } from './merge-views.ts';
import { printTop } from './print-top.ts';
import { selectServices } from './select-services.ts';
import { service, view } from './testing/views.ts';

const plain = painter(false);

test('top shows Services and pods within 80 columns', () => {
  const why = 'no call went to orders-2, orders-3, orders-4 and 7 more; new: orders-9 (3 s ago)';
  const text = printTop(view(service('orders', [50, 30, 20], { verdict: 'skewed', why })), plain);
  assert.match(text, /^shop\/orders:80 {2}skewed for 60 s, 10\.0 calls\/s, 0\.0 % failed$/m);
  assert.match(text, /^orders-0 +zone-a +50\.0 % +5\.0 +0\.0 % +0\.5 +12\.5$/m);
  assert.ok(text.includes('no call went to'));
  for (const line of text.split('\n')) assert.ok(displayWidth(line) <= 80, line);
});

test('of calls that failed, some of which had begun before, no more than all have failed', () => {
  const frozen = service('orders', [10, 10]);
  const pods = frozen.pods.map((pod, at) => ({ ...pod, failed: at === 0 ? 12 : 0 }));
  const text = printTop(view({ ...frozen, pods, calls: 20, failed: 12 }), plain);
  assert.match(text, /^orders-0 .* 100\.0 % /m);
  assert.match(text, /60\.0 % failed$/m);
});

test('of many pods those are shown that are farthest from their share', () => {
  const text = printTop(view(service('orders', [9, 10, 10, 10, 11, 90])), plain, 2);
  assert.match(text, /orders-5/);
  assert.doesNotMatch(text, /orders-2 /);
  assert.match(text, /^and 4 more, closer to their share$/m);
});

test('where nobody reports it says who does', () => {
  assert.match(printTop(view(), plain), /Clients on dns:\/\/\/ do not report/);
});

test('what names a terminal would act on is written out', () => {
  const { pods } = service('orders', [1]);
  const text = printTop(view(service('orders', [1], { pods: [{ ...pods[0]!, pod: '\u{1b}[2Jx' }] })), plain);
  assert.ok(!text.includes('\u{1b}'));
});

const callers = [
  { namespace: 'shop', workload: 'web', zone: 'a', calls: 30, failed: 0 },
  { namespace: 'shop', workload: 'web', zone: 'b', calls: 20, failed: 5 },
  { namespace: 'shop', workload: 'idle', zone: 'b', calls: 0, failed: 0 },
  { namespace: 'a"b', workload: 'x\ny', zone: 'b', calls: 10, failed: 0 },
];
const edges = view(service('orders', [60], { callers }));

test('edges are of workloads, whatever their zone, most calls first', () => {
  assert.deepEqual(
    edgesOf(edges).map(({ from, calls, failed }) => [from.workload, calls, failed]),
    [
      ['web', 50, 5],
      ['x\ny', 10, 0],
    ],
  );
});

test('edges in every form', () => {
  assert.match(printEdges(edges, 'text', plain), /^shop\/web +shop\/orders:80 +5\.0 +10\.0 %$/m);
  assert.equal(JSON.parse(printEdges(edges, 'json', plain)).edges.length, 2);
  assert.equal(
    printEdges(edges, 'mermaid', plain),
    [
      'graph LR',
      '  n0["shop/web"] -->|"5.0/s, 10.0 % failed"| n1["shop/orders:80"]',
      '  n2["a#34;b/x#10;y"] -->|"1.0/s"| n1',
    ].join('\n'),
  );
  assert.equal(
    printEdges(edges, 'dot', plain),
    [
      'digraph evenkeel {',
      '  rankdir=LR;',
      '  node [shape=box];',
      '  "shop/web" -> "shop/orders:80" [label="5.0/s, 10.0 % failed"];',
      '  "a\\"b/x y" -> "shop/orders:80" [label="1.0/s"];',
      '}',
    ].join('\n'),
  );
  assert.match(printEdges(view(), 'text', plain), /No call was reported/);
});

test('replicas are one: counts are added up, and what several heard of is judged anew', () => {
  const one = view(service('orders', [100, 0]), service('cart', [5, 5]));
  const other = view(service('orders', [0, 100]));
  const merged = mergeViews([one, other]);
  assert.deepEqual(
    merged.services.map(({ name, calls, verdict, pods }) => [name, calls, verdict, pods.map((pod) => pod.calls)]),
    [
      ['cart', 10, 'balanced', [5, 5]],
      ['orders', 200, 'balanced', [100, 100]],
    ],
  );
  assert.equal(merged.streams, 4);
  assert.deepEqual(merged.services[1]!.callers[0]!.calls, 200);
  assert.equal(merged.services[1]!.pods[0]!.meanMs, 12.5);
  const skewed = mergeViews([view(service('orders', [100, 50])), view(service('orders', [100, 50]))]);
  assert.equal(skewed.services[0]!.verdict, 'skewed');
  assert.equal(mergeViews([one]), one);
});

test('pods that were not there all the time, by one replica or the other, do not make the sum uneven', () => {
  const rolled = (steady: readonly boolean[]) => {
    const orders = service('orders', [100, 100, 10]);
    return view({ ...orders, pods: orders.pods.map((pod, index) => ({ ...pod, steady: steady[index]! })) });
  };
  const whole = [true, true, true];
  for (const views of [
    [rolled([true, true, false]), rolled([true, true, false])],
    [rolled(whole), rolled([true, true, false])],
  ]) {
    assert.equal(mergeViews(views).services[0]!.verdict, 'balanced');
  }
  assert.equal(mergeViews([rolled(whole), rolled(whole)]).services[0]!.verdict, 'skewed');
});

test('calls a second of replicas that look back differently far add up', () => {
  const short = { ...view(service('orders', [50, 50])), windowMs: 10_000 };
  const long = { ...view(service('orders', [200, 200])), windowMs: 40_000 };
  assert.match(printTop(mergeViews([short, long]), plain), /orders:80 {2}balanced for .*, 20\.0 calls\/s/);
  assert.equal(mergeViews([view(), { ...view(), windowMs: 40_000 }]).windowMs, 40_000);
});

test('a mean is that of those who know one, by their calls; of a sum it is known for as long as the last has', () => {
  const [one, other, silent] = [service('orders', [100]), service('orders', [300]), service('orders', [600])];
  const since = '2026-01-01T00:00:30.000Z';
  const { pods, ...merged } = mergeViews([
    view({ ...one, pods: [{ ...one.pods[0]!, meanMs: 10 }] }),
    view({ ...other, since, pods: [{ ...other.pods[0]!, meanMs: 20 }] }),
    view({ ...silent, pods: [{ ...silent.pods[0]!, meanMs: null }] }),
  ]).services[0]!;
  assert.deepEqual([pods[0]!.meanMs, pods[0]!.calls, merged.since], [17.5, 1_000, since]);
});

test('a pod that one of several replicas has ejected is shown as ejected, whichever it is', () => {
  const ejected = { since: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:00:30.000Z', why: 'it fails' };
  const orders = service('orders', [1, 1]);
  const [first, second] = orders.pods;
  const out = view({ ...orders, pods: [{ ...first!, ejected }, second!] });
  for (const views of [
    [out, view(orders)],
    [view(orders), out],
  ]) {
    const { pods } = mergeViews(views).services[0]!;
    assert.deepEqual(
      pods.map((pod) => pod.ejected),
      [ejected, null],
    );
  }
});

test('Services are chosen by name, namespace and port', () => {
  const all = view(service('orders', [1]), service('cart', [1], { namespace: 'web' }));
  const chosen = (...wanted: string[]) => selectServices(all, wanted).services.map(({ name }) => name);
  assert.deepEqual(chosen(), ['orders', 'cart']);
  assert.deepEqual(chosen('orders'), ['orders']);
  assert.deepEqual(chosen('web/cart:80', 'shop/cart'), ['cart']);
  assert.deepEqual(chosen('web/cart:81'), []);
  assert.throws(() => chosen('what is this'), { code: 'EK_USAGE' });
});

test('the gate of real traffic', () => {
  const met = (verdicts: readonly Parameters<typeof service>[2][], wanted: readonly string[] = []): boolean =>
    liveGate(view(...verdicts.map((more, index) => service(`s${index}`, [1, 1], more))), wanted).met;
  assert.equal(met([{}, { verdict: 'inconclusive' }]), true);
  assert.equal(met([{}, { verdict: 'skewed' }]), false);
  assert.equal(met([{ verdict: 'inconclusive' }]), false);
  assert.equal(met([]), false);
  assert.equal(met([], ['orders']), false);
  assert.equal(met([{}, { verdict: 'inconclusive' }], ['s0', 's1']), false, 'asked for by name');
});

test('times in words', () => {
  assert.deepEqual([0, 1_499, 90_000, 150_000, 10_000_000, 200_000_000].map(duration), [
    '0 s',
    '1 s',
    '90 s',
    '3 min',
    '3 h',
    '2 d',
  ]);
});
