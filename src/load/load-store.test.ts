import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterLoad } from '@evenkeel/xds';
import { ManualClock } from '../base/clock.ts';
import { LoadStore } from './load-store.ts';
import type { LoadViewService } from './load-view.ts';
import type { KnownService } from './service-load.ts';

const web = { namespace: 'shop', workload: 'web', zone: 'zone-a' };

function service(...addresses: string[]): KnownService {
  const pods = addresses.map((address) => ({ address, pod: `pod-${address}`, zone: 'zone-a' }));
  return { cluster: 'shop/orders:80', namespace: 'shop', name: 'orders', port: 80, pods };
}

type Figures = Partial<ClusterLoad['localities'][number]>;

/** Calls by the `sub_zone` of the locality; a number is calls that began and ended well. */
function cluster(byPod: Readonly<Record<string, number | Figures>>, name = 'shop/orders:80'): ClusterLoad {
  const localities = Object.entries(byPod).map(([subZone, figures]) => ({
    locality: { region: '', zone: '', subZone },
    ...{ priority: 0, issued: 0, succeeded: 0, failed: 0, inProgress: 0 },
    ...(typeof figures === 'number' ? { issued: figures, succeeded: figures } : figures),
  }));
  return { name, serviceName: '', intervalMs: 1_000, dropped: 0, localities };
}

/** A store whose time the test moves, with one client. */
function startStore(...pods: string[]) {
  const clock = new ManualClock();
  const store = new LoadStore({ clock, wallClock: () => 1_000_000 + clock.now() });
  store.serviceChanged(service(...pods));
  store.opened(1, web, 1_000);
  /** Two slots of ten reports each, and what is known then. */
  const pass = (report: ClusterLoad, slots = 2): LoadViewService | undefined => {
    for (let second = 0; second < slots * 5; second++) {
      store.report(1, [report]);
      clock.advance(1_000);
      store.tick();
    }
    return store.view().services[0];
  };
  return { clock, store, pass };
}

test('calls are added up by pod and by caller, in the window and since the beginning', () => {
  const { store, clock } = startStore('a', 'b');
  store.opened(2, { ...web, workload: 'batch' }, 1_000);
  store.report(1, [cluster({ a: 3, b: { issued: 4, succeeded: 1, failed: 2, inProgress: 1 } })]);
  store.report(2, [cluster({ a: 1 })]);
  const before = store.view().services[0]!;
  assert.deepEqual(
    before.pods.map(({ pod, address, calls, failed }) => [pod, address, calls, failed]),
    [
      ['pod-a', 'a', 4, 0],
      ['pod-b', 'b', 4, 2],
    ],
  );
  assert.deepEqual(before.callers, [
    { ...web, calls: 7, failed: 2 },
    { ...web, workload: 'batch', calls: 1, failed: 0 },
  ]);
  assert.deepEqual([before.calls, before.failed, before.total], [8, 2, { calls: 8, failed: 2 }]);
  for (const _slot of [1, 2]) {
    clock.advance(5_000);
    store.tick();
  }
  const after = store.view().services[0]!;
  assert.deepEqual([after.calls, after.total.calls, after.pods[0]!.total.calls], [0, 8, 4]);
});

test('what a report names and does not exist counts for nobody, and is counted', () => {
  const { store } = startStore('a');
  const ignored = store.report(1, [cluster({ a: 1, nowhere: 5 }), cluster({ a: 1 }, 'shop/nothing:80')]);
  assert.deepEqual(ignored, { clusters: 1, localities: 1 });
  assert.deepEqual(store.report(9, [cluster({ a: 1 })]), { clusters: 1, localities: 0 }, 'nobody');
  assert.equal(store.view().services[0]!.total.calls, 1);
});

test('a client that counts only what ended is counted by that; one that is seen to count what begins, by that', () => {
  const { store } = startStore('a');
  store.opened(2, web, 1_000, false);
  store.report(2, [cluster({ a: { issued: 0, succeeded: 5, failed: 1 } })]);
  assert.equal(store.view().services[0]!.calls, 6);
  store.report(2, [cluster({ a: { issued: 1 } })]);
  store.report(2, [cluster({ a: { issued: 0, succeeded: 1 } })]);
  assert.equal(store.view().services[0]!.calls, 7);
});

test('mean time by Little’s law, once enough calls were seen under way', () => {
  const { pass } = startStore('a', 'b');
  const found = pass(cluster({ a: { issued: 100, succeeded: 100, inProgress: 10 }, b: { issued: 9, succeeded: 9 } }))!;
  // 10 under way on average, 100 a second: each takes 100 ms.
  assert.deepEqual(
    found.pods.map(({ meanMs, inFlight }) => [meanMs, inFlight > 0]),
    [
      [100, true],
      [null, false],
    ],
  );
});

test('verdicts follow the rule of the probe', () => {
  const verdict = (counts: Record<string, number>): LoadViewService => {
    const { pass } = startStore(...Object.keys(counts));
    return pass(cluster(counts), 4)!;
  };
  assert.equal(verdict({ a: 20, b: 20, c: 20 }).verdict, 'balanced');
  assert.equal(verdict({ a: 40, b: 20, c: 20 }).verdict, 'skewed');
  assert.equal(verdict({ a: 20, b: 20, c: 0 }).verdict, 'partial');
  assert.equal(verdict({ a: 20, b: 0, c: 0 }).verdict, 'pinned');
  assert.equal(verdict({ a: 1, b: 0, c: 0 }).verdict, 'inconclusive');
  assert.match(verdict({ a: 40, b: 20, c: 20 }).why, /^pod-a got 50 %, pod-\w got 25 %; 33 % is even/);
  assert.match(verdict({ a: 20, b: 20, c: 0 }).why, /^no call went to pod-c/);
  assert.match(verdict({ a: 1, b: 1, c: 0 }).why, /a verdict takes \d+/);
});

test('a bad verdict is believed when it is seen twice, and a good one at once', () => {
  const { pass } = startStore('a', 'b');
  const even = cluster({ a: 50, b: 50 });
  const uneven = cluster({ a: 90, b: 10 });
  const first = pass(even, 3)!;
  assert.equal(first.verdict, 'balanced');
  assert.equal(pass(uneven, 1)!.verdict, 'balanced');
  const skewed = pass(uneven, 1)!;
  assert.deepEqual([skewed.verdict, skewed.since > first.since], ['skewed', true]);
  assert.equal(pass(uneven, 3)!.since, skewed.since, 'since it began');
  pass(even, 1);
  assert.equal(pass(even, 1)!.verdict, 'balanced');
});

test('a pod that came or went in the window is named and not compared', () => {
  const { store, pass } = startStore('a', 'b', 'c');
  pass(cluster({ a: 30, b: 30, c: 30 }), 2);
  store.serviceChanged(service('a', 'b', 'd'));
  const { verdict, why } = pass(cluster({ a: 30, b: 30, d: 3 }), 1)!;
  assert.equal(verdict, 'balanced');
  assert.match(why, /new: pod-d \(5 s ago\); gone: pod-c \(5 s ago\)/);
  assert.equal(pass(cluster({ a: 30, b: 30, d: 3 }), 4)!.verdict, 'skewed', 'later it is');
});

test('a pod that is ejected is not said to be gone as well', () => {
  const { store, pass } = startStore('a', 'b', 'c');
  pass(cluster({ a: 30, b: 30, c: 30 }), 2);
  store.serviceChanged({ ...service('a', 'b'), ejected: service('c').pods });
  assert.match(pass(cluster({ a: 30, b: 30 }), 1)!.why, /each; pod-c is ejected$/);
});

test('a caller that holds on to one pod is named', () => {
  const { store, clock } = startStore('a', 'b');
  store.opened(2, { ...web, workload: 'stuck' }, 1_000);
  for (let second = 0; second < 20; second++) {
    store.report(1, [cluster({ a: 20, b: 20 })]);
    store.report(2, [cluster({ a: 40, b: 0 })]);
    clock.advance(1_000);
    store.tick();
  }
  const { verdict, why } = store.view().services[0]!;
  assert.equal(verdict, 'skewed');
  assert.match(why, /shop\/stuck sends 100 % of its calls to one pod/);
});

test('calls of clients that report by Service alone are counted, and how many that is is said', () => {
  const { pass } = startStore('a', 'b');
  const { calls, why } = pass(cluster({ a: 25, b: 25, '': 50 }), 2)!;
  assert.equal(calls > 0, true);
  assert.match(why, /50 % of the calls are of clients that do not report by pod/);
});

test('reports about a pod that has gone are still taken, for a while', () => {
  const { store, clock } = startStore('a', 'b');
  store.serviceChanged(service('b'));
  assert.deepEqual(store.report(1, [cluster({ a: 1 })]), { clusters: 0, localities: 0 });
  clock.advance(200_000);
  store.tick();
  assert.deepEqual(store.report(1, [cluster({ a: 1 })]), { clusters: 0, localities: 1 });
});

test('another pod with the address of one before begins at nothing', () => {
  const { store } = startStore('a');
  store.report(1, [cluster({ a: 7 })]);
  store.serviceChanged({ ...service('a'), pods: [{ address: 'a', pod: 'another', zone: '' }] });
  const { pods } = store.view().services[0]!;
  assert.deepEqual(
    pods.map(({ pod, total }) => [pod, total.calls]),
    [['another', 0]],
  );
});

test('however many callers there are, a Service keeps a thousand, and the others together', () => {
  const { store } = startStore('a');
  for (let index = 0; index < 1_500; index++) {
    store.opened(10 + index, { ...web, workload: `w${index}` }, 1_000);
    store.report(10 + index, [cluster({ a: 1 })]);
  }
  const [found] = store.services();
  assert.equal(found!.callers.size, 1_001);
  assert.equal(store.view().services[0]!.total.calls, 1_500);
});

test('of all Services ten thousand callers and fifty thousand pairs are told apart, and what goes makes room', () => {
  const pods = Array.from({ length: 10 }, (_, index) => `pod-${index}`);
  const { store } = startStore();
  const calls = Object.fromEntries(pods.map((pod) => [pod, 1]));
  const clusters = Array.from({ length: 12 }, (_, index) => `shop/s${index}:80`);
  const held = (): [callers: number, pairs: number] => {
    const callers = store.services().flatMap((one) => [...one.callers.values()]);
    return [callers.length, callers.reduce((pairs, caller) => pairs + caller.pods.size, 0)];
  };
  for (let client = 10; client < 1_010; client++) store.opened(client, { ...web, workload: `w${client}` }, 1_000);
  const reportAbout = (name: string): void => {
    store.serviceChanged({ ...service(...pods), cluster: name });
    for (let client = 10; client < 1_010; client++) store.report(client, [cluster(calls, name)]);
  };
  for (const name of clusters) reportAbout(name);
  // Each Service has one for those that are not told apart.
  assert.deepEqual(held(), [10_002, 50_000]);
  for (const name of clusters.slice(0, 5)) store.serviceRemoved(name);
  reportAbout('shop/new:80');
  const found = store.services().find(({ known }) => known.cluster === 'shop/new:80')!;
  assert.equal(found.callers.size, 1_000);
  assert.equal(found.callers.get('shop w500 zone-a')?.pods.size, 10);
});

test('where clients report less often, the window is longer', () => {
  const { store, clock } = startStore('a');
  store.opened(2, web, 20_000);
  clock.advance(5_000);
  assert.equal(store.tick(), true);
  clock.advance(20_000);
  assert.equal(store.tick(), false);
  clock.advance(20_000);
  assert.equal(store.tick(), true);
  store.closed(2);
  assert.equal(store.streams, 1);
});

test('a Service that is removed is forgotten', () => {
  const { store } = startStore('a');
  store.report(1, [cluster({ a: 1 })]);
  store.serviceRemoved('shop/orders:80');
  assert.deepEqual(store.view().services, []);
});

for (const phaseMs of [0, 250, 500, 990]) {
  test(`the rate is what is called, whenever clients report and whenever one looks (${phaseMs} ms)`, () => {
    const clock = new ManualClock();
    const store = new LoadStore({ clock });
    store.serviceChanged(service('a', 'b'));
    for (const client of [1, 2]) store.opened(client, web, 1_000);
    const rates: number[] = [];
    for (let ms = 10; ms <= 60_000; ms += 10) {
      clock.advance(10);
      // 200 calls a second, by two clients that report at different times.
      if (ms % 1_000 === phaseMs) store.report(1, [cluster({ a: 60, b: 60 })]);
      if ((ms + 400) % 1_000 === phaseMs) store.report(2, [cluster({ a: 40, b: 40 })]);
      if (ms % 1_000 === 0) store.tick();
      if (ms < 12_000 || ms % 130 !== 0) continue;
      const { services, windowMs } = store.view();
      rates.push((services[0]!.calls / windowMs) * 1_000);
    }
    const [least, most] = [Math.min(...rates), Math.max(...rates)];
    // Of the two one is heard of later than the other; what is not known of it yet is not more than a part of a second.
    assert.ok(least > 195 && most < 205, `${least} to ${most} calls a second`);
  });
}

test('a pod that takes ten times as long is named', () => {
  const { pass } = startStore('a', 'b', 'c');
  const quick = { issued: 30, succeeded: 30 };
  const { why } = pass(cluster({ a: quick, b: { ...quick, inProgress: 3 }, c: { ...quick, inProgress: 30 } }), 3)!;
  assert.match(why, /; pod-c takes 1000 ms, 10 times the median$/);
  const { why: even } = pass(
    cluster({ a: { ...quick, inProgress: 30 }, b: { ...quick, inProgress: 30 }, c: { ...quick, inProgress: 30 } }),
    3,
  )!;
  assert.doesNotMatch(even, /median/);
});

test('a caller for whom everything fails is named, and one of many pods that fails for all is not such a caller', () => {
  const { store, clock } = startStore('a', 'b');
  store.opened(2, { ...web, workload: 'cut-off' }, 1_000);
  const all = (figures: Figures) => cluster({ a: figures, b: figures });
  const say = (own: ClusterLoad, other: ClusterLoad): string => {
    for (let second = 0; second < 15; second++) {
      store.report(1, [own]);
      store.report(2, [other]);
      clock.advance(1_000);
      store.tick();
    }
    return store.view().services[0]!.why;
  };
  assert.match(
    say(all({ issued: 20, succeeded: 20 }), all({ issued: 20, failed: 20 })),
    /calls of shop\/cut-off fail at every pod, those of others do not/,
  );
  assert.doesNotMatch(say(all({ issued: 20, failed: 20 }), all({ issued: 20, failed: 20 })), /at every pod/);
});
