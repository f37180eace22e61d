import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conservative, ejectionSettings } from '../model/ejection-settings.ts';
import { type Answer, type FleetOptions, SimulatedFleet } from './testing/simulated-fleet.ts';

const fast: Answer = { ms: 5, ok: true };
const failing: Answer = { ms: 5, ok: false };
const five = ['a', 'b', 'c', 'd', 'e'];
/** Together 100 calls a second. */
const fourClients = Array.from({ length: 4 }, () => ({ callsPerSecond: 25 }));

/** When the pods are asked anything, all is well but what `sick` says from 10 s on. */
function fleet(
  sick: (pod: string, atMs: number, random: () => number, client: number) => Answer | 'well',
  options: Partial<FleetOptions> = {},
) {
  return new SimulatedFleet({
    pods: five,
    clients: fourClients,
    answer: (pod, atMs, random, client) => {
      const said = atMs < 10_000 ? 'well' : sick(pod, atMs, random, client);
      return said === 'well' ? fast : said;
    },
    ...options,
  });
}

for (const deadlineMs of [500, 1_000, 60_000]) {
  for (const countsIssued of [true, false]) {
    const client = `a deadline of ${deadlineMs} ms${countsIssued ? '' : ', and clients that do not count calls that begin'}`;
    test(`a pod that never answers is out within two reports after its first lost call, with ${client}`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        const clients = fourClients.map((one) => ({ ...one, deadlineMs, countsIssued }));
        const run = fleet((pod) => (pod === 'c' ? undefined : 'well'), { clients, seed }).run(20_000);
        assert.deepEqual(run.ejections, ['c'], `seed ${seed}`);
        const { atMs, ejected } = run.changes[0]!;
        // A client that counts only what ends, and whose calls do not end, shows it one report later.
        const reports = countsIssued || deadlineMs < 1_000 ? 2 : 3;
        assert.ok(atMs - 10_000 <= reports * 1_000 + 60, `seed ${seed}: after ${atMs - 10_000} ms`);
        if (deadlineMs === 60_000) assert.equal(ejected!.kind, 'silent');
        assert.match(ejected!.why, /calls (was answered|failed) \(\d clients, \d+ % of theirs to the other pods\)/);
      }
    });
  }
}

test('a pod that fails every call is out within two reports, and one that fails half of them stays', () => {
  const all = fleet((pod) => (pod === 'b' ? failing : 'well')).run(15_000);
  assert.deepEqual([all.ejections, all.changes[0]?.ejected?.kind], [['b'], 'failing']);
  assert.ok(all.changes[0]!.atMs <= 12_060, `${all.changes[0]!.atMs}`);
  const half = fleet((pod, _at, random) => (pod === 'b' && random() < 0.5 ? failing : 'well'));
  assert.deepEqual(half.run(300_000).ejections, []);
  const sharp = ejectionSettings({ mode: 'sharp', failurePercent: 40 })!;
  const sharper = fleet((pod, _at, random) => (pod === 'b' && random() < 0.5 ? failing : 'well'), { settings: sharp });
  assert.equal(sharper.run(15_000).ejections[0], 'b');
});

test('a pod that is ten times as slow stays, however long the calls are', () => {
  for (const usual of [5, 50, 100, 400]) {
    const clients = fourClients.map((one) => ({ ...one, deadlineMs: 60_000 }));
    const run = fleet((pod) => ({ ms: pod === 'c' ? 10 * usual : usual, ok: true }), { clients }).run(60_000);
    assert.deepEqual(run.ejections, [], `${usual} ms`);
  }
});

test('clients with few calls each are heard together', () => {
  const clients = Array.from({ length: 100 }, () => ({ callsPerSecond: 0.2 }));
  const run = fleet((pod) => (pod === 'd' ? undefined : 'well'), { clients }).run(40_000);
  assert.deepEqual(run.ejections, ['d']);
});

test('a caller without network ejects nothing, alone or beside others, and does not hide a pod that is sick', () => {
  const cutOff = { callsPerSecond: 200, hasNetwork: (atMs: number) => atMs < 10_000 };
  for (const clients of [[cutOff], [cutOff, ...fourClients], [cutOff, cutOff, { callsPerSecond: 25 }]]) {
    assert.deepEqual(fleet(() => 'well', { clients }).run(60_000).ejections, []);
  }
  const run = fleet((pod) => (pod === 'e' ? undefined : 'well'), { clients: [cutOff, ...fourClients] }).run(15_000);
  assert.deepEqual(run.ejections, ['e']);
});

test('many callers on a node that is cut off eject nothing, with one call in a while each', () => {
  const clients = Array.from({ length: 200 }, () => ({
    ...{ callsPerSecond: 0.5, deadlineMs: 4_000 },
    hasNetwork: (atMs: number) => atMs < 10_000,
  }));
  for (let seed = 1; seed <= 5; seed++) {
    assert.deepEqual(fleet(() => 'well', { clients, seed }).run(40_000).ejections, [], `seed ${seed}`);
  }
});

test('a pod that only one of several callers cannot reach stays', () => {
  const run = fleet((pod, _at, _random, client) => (client === 0 && pod === 'a' ? undefined : 'well'));
  assert.deepEqual(run.run(60_000).ejections, []);
});

test('where everything fails nothing is ejected, and what is out comes back', () => {
  assert.deepEqual(fleet(() => failing).run(60_000).ejections, []);
  const run = fleet((pod, atMs) => (pod === 'a' || atMs >= 20_000 ? failing : 'well')).run(30_000);
  assert.deepEqual(run.ejections, ['a']);
  assert.match(run.changes[1]!.why, /^calls to the other pods fail as well/);
  assert.deepEqual([...run.out], []);
});

test('a pod comes back after a growing time, and is out again at once if it is still bad', () => {
  const run = fleet((pod) => (pod === 'a' ? failing : 'well')).run(400_000);
  const out = run.changes.filter(({ ejected }) => ejected !== undefined);
  const back = run.changes.filter(({ ejected }) => ejected === undefined);
  const spans = back.map(({ atMs }, index) => Math.round((atMs - out[index]!.atMs) / 1_000));
  assert.deepEqual(spans.slice(0, 4), [30, 60, 90, 120]);
  for (const [index, { atMs }] of back.slice(0, 4).entries()) {
    assert.ok(out[index + 1]!.atMs - atMs < 1_300, `after ${out[index + 1]!.atMs - atMs} ms`);
  }
});

test('a pod that is well when it comes back stays, and its time starts anew after a while', () => {
  const bad = (atMs: number): boolean => atMs < 30_000 || (atMs > 200_000 && atMs < 210_000);
  const run = fleet((pod, atMs) => (pod === 'a' && bad(atMs) ? failing : 'well')).run(300_000);
  assert.deepEqual(
    run.changes.map(({ ejected }) => ejected?.times),
    [1, undefined, 1, undefined],
  );
});

test('a pod that answers what it was thought to have lost is back at once', () => {
  const run = fleet((pod, atMs) => (pod === 'a' && atMs < 14_000 ? { ms: 14_500 - atMs, ok: true } : 'well'), {
    clients: fourClients.map((one) => ({ ...one, deadlineMs: 60_000 })),
  }).run(20_000);
  assert.deepEqual(run.ejections, ['a']);
  assert.match(run.changes[1]!.why, /^it answers/);
  assert.ok(run.changes[1]!.atMs < 16_000);
});

test('three of five pods on a node that is cut off are out, and never more than the share, or the last', () => {
  const three = fleet((pod) => ('abc'.includes(pod) ? undefined : 'well')).run(16_000);
  assert.deepEqual([...three.out].sort(), ['a', 'b', 'c']);
  const most = (pods: readonly string[], sick: string, maxPercent: number): number => {
    const run = fleet((pod) => (sick.includes(pod) ? failing : 'well'), {
      pods,
      settings: { ...conservative, maxPercent },
    });
    let seen = 0;
    run.run(16_000, () => {
      seen = Math.max(seen, run.out.size);
    });
    return seen;
  };
  assert.equal(most(five, 'ab', 20), 1);
  assert.equal(most(five, 'ab', 1), 1, 'one always may');
  assert.equal(most(five, 'ab', 0), 0);
  assert.equal(most(['a', 'b'], 'a', 100), 1);
  assert.equal(most(['a'], 'a', 100), 0);
});

test('where too many are out the one comes back that was out first', () => {
  const run = fleet((pod, atMs) => (pod === 'b' || (pod === 'a' && atMs > 13_000) ? failing : 'well')).run(18_000);
  assert.deepEqual(run.ejections, ['b', 'a']);
  run.setPods(['a', 'b', 'c']);
  run.run(200);
  assert.deepEqual([...run.out], ['a']);
});

test('where pods go, those that are out are never more than the share of what is left', () => {
  const run = fleet((pod) => ('abc'.includes(pod) ? failing : 'well')).run(16_000);
  run.setPods(['a', 'b', 'c', 'd']);
  run.run(200);
  assert.equal(run.out.size, 2);
  run.setPods(['a', 'b']);
  run.run(200);
  assert.equal(run.out.size, 1);
  run.setPods([]);
  assert.equal(run.run(1_000).out.size, 0);
});
