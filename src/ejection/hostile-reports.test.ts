// Clients that say what is not so: what they can get ejected, and what they can hold up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterLoad } from '@evenkeel/xds';
import { ManualClock } from '../base/clock.ts';
import { mulberry32 } from '../base/random.ts';
import { conservative } from '../model/ejection-settings.ts';
import { Ejector } from './ejector.ts';
import { type Answer, type FleetOptions, type Liar, SimulatedFleet } from './testing/simulated-fleet.ts';

const well: Answer = { ms: 5, ok: true };
const five = ['a', 'b', 'c', 'd', 'e'];
const million = 1_000_000;
const cluster = 'shop/orders:80';

function fleet(options: Partial<FleetOptions> = {}): SimulatedFleet {
  const clients = Array.from({ length: 2 }, () => ({ callsPerSecond: 25 }));
  return new SimulatedFleet({ pods: five, clients, answer: () => well, ...options });
}

/** All calls to these fail, and all to the others go well. */
const against =
  (...sick: readonly string[]): Liar['says'] =>
  (pods) =>
    pods.map((pod) => ({ pod, issued: million, [sick.includes(pod) ? 'failed' : 'succeeded']: million }));

test('a client that begins to lie is not believed against those that have said otherwise a moment ago', () => {
  const run = fleet().run(10_310);
  run.lie(99, { says: against('a', 'b') });
  assert.deepEqual(run.run(60_000).ejections, []);
});

test('one that lies through many streams, or ten times a second, has one voice', () => {
  const run = fleet().run(10_000);
  for (let id = 100; id < 150; id++) run.lie(id, { says: against('a') });
  run.lie(200, { from: 'another', everyMs: 100, says: against('b') });
  assert.deepEqual(run.run(60_000).ejections, []);
});

test('one that speaks first after a start does not decide, whatever interval it says its report is of', () => {
  const run = fleet();
  run.lie(99, { everyMs: 50, says: against('a') });
  assert.deepEqual(run.run(30_000).ejections, []);
});

test('one that lies about the others does not bring back what is ejected, and neither does one for whom all fails', () => {
  for (const says of [against(...five), against('b', 'c', 'd', 'e')]) {
    const answer = (pod: string): Answer => (pod === 'a' ? { ms: 5, ok: false } : well);
    const run = fleet({ answer }).run(10_000);
    run.lie(99, { says });
    run.run(15_000);
    assert.deepEqual([...run.out], ['a']);
    assert.equal(run.changes.length, 1);
  }
});

test('one that says that a pod answers does not bring back one that answers nobody else', () => {
  const clients = Array.from({ length: 2 }, () => ({ callsPerSecond: 25, deadlineMs: 60_000 }));
  const run = fleet({ clients, answer: (pod, atMs) => (pod === 'a' && atMs >= 5_000 ? undefined : well) }).run(10_000);
  assert.equal(run.changes[0]?.ejected?.kind, 'silent');
  run.lie(99, { says: against() });
  run.run(20_000);
  assert.deepEqual([...run.out], ['a']);
  assert.equal(run.changes.length, 1);
});

test('alone, it gets as many pods ejected as the share allows, and never the last', () => {
  const run = fleet({ clients: [] });
  // Two pods do well by its word, so that it is believed about the others.
  run.lie(99, { says: against('a', 'b', 'c') });
  run.run(60_000, () => assert.ok(run.out.size <= 3));
  assert.equal(run.out.size, 3);
});

test('counts, names and times at random eject nothing that does well', () => {
  const counts = [0, 1, 1e12, 2 ** 53, Number.NaN, -1, Number.POSITIVE_INFINITY, 0.5];
  for (let seed = 1; seed <= 12; seed++) {
    const random = mulberry32(seed);
    const draw = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
    const says: Liar['says'] = (pods) =>
      Array.from({ length: 20 }, () => ({
        pod: draw([...pods, ...pods, 'nobody', '', '__proto__']),
        ...{ issued: draw(counts), succeeded: draw(counts), failed: draw(counts), inProgress: draw(counts) },
      }));
    const run = fleet({ seed });
    for (let id = 100; id < 103; id++) run.lie(id, { from: `liar-${id % 2}`, everyMs: 50 + 900 * random(), says });
    assert.deepEqual(run.run(20_000).ejections, [], `seed ${seed}`);
  }
});

/** What a client reports that made so many calls to each pod, all of which failed or went well. */
function reportOf(
  pods: readonly string[],
  calls: number,
  isBad: (pod: string, index: number) => boolean,
): ClusterLoad[] {
  const localities = pods.map((subZone, index) => ({
    locality: { region: '', zone: '', subZone },
    ...{ priority: 0, issued: calls, inProgress: 0 },
    ...(isBad(subZone, index) ? { succeeded: 0, failed: calls } : { succeeded: calls, failed: 0 }),
  }));
  return [{ name: cluster, serviceName: '', intervalMs: 1_000, dropped: 0, localities }];
}

test('a look that took long is not followed by another one at once', () => {
  const clock = new ManualClock();
  let lateMs = 0;
  const outAt = new Map<string, number>();
  const ejector = new Ejector({
    clock: { now: () => clock.now() + lateMs, after: (ms, act) => clock.after(ms, act) },
    changed: (_cluster, changes) => {
      for (const { address } of changes) outAt.set(address, clock.now() + lateMs);
      lateMs += 100;
    },
  });
  ejector.serviceChanged(
    cluster,
    five.map((address) => ({ address })),
    conservative,
  );
  ejector.opened(1, { intervalMs: 1_000, isIssuedCounted: true, from: 'client' });
  for (let second = 0; second < 10; second++) {
    const isSick = (pod: string): boolean => pod === 'a' || (pod === 'b' && outAt.has('a'));
    ejector.report(1, reportOf(five, 1_000, isSick));
    clock.advance(1_000);
  }
  ejector.close();
  const pauseMs = outAt.get('b')! - outAt.get('a')!;
  assert.ok(pauseMs >= 2_000 && pauseMs < 4_000, `${pauseMs} ms`);
});

test('of a large Service that somebody calls bad throughout, the sick pod is found, a part at each look', () => {
  const clock = new ManualClock();
  const out: string[] = [];
  const changed = (_cluster: string, changes: readonly { readonly address: string }[]): void => {
    out.push(...changes.map(({ address }) => address));
  };
  const ejector = new Ejector({ clock, changed });
  const pods = Array.from({ length: 240 }, (_, index) => `10.0.0.${index}:80`);
  ejector.serviceChanged(
    cluster,
    pods.map((address) => ({ address })),
    conservative,
  );
  const clients = Array.from({ length: 800 }, (_, client) => client);
  for (const client of clients) {
    ejector.opened(client, { intervalMs: 1_000, isIssuedCounted: true, from: `10.1.0.${client}` });
  }
  for (let second = 0; second < 4; second++) {
    for (const client of clients) {
      const isBad = (_pod: string, index: number): boolean => index === 239 || (client === 0 && index % 3 !== 0);
      ejector.report(client, reportOf(pods, 10, isBad));
    }
    clock.advance(1_000);
  }
  ejector.close();
  assert.deepEqual(out, ['10.0.0.239:80']);
});
