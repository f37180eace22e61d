// Half an hour of what is not a sick pod, on a simulated clock: nothing is ejected.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, SimulatedFleet } from './testing/simulated-fleet.ts';

const halfAnHourMs = 30 * 60_000;
const clients = Array.from({ length: 5 }, (_client, index) => ({ callsPerSecond: 4 + 4 * index, deadlineMs: 2_000 }));
const named = (count: number, generation = 0): string[] =>
  Array.from({ length: count }, (_pod, index) => `pod-${generation}-${index}`);

/** A pod of a real Service: mostly quick, seldom slow, and one call in a thousand fails. */
function ordinary(random: () => number): Answer {
  const ms = 3 + 10 * random() + (random() < 0.01 ? 300 * random() : 0);
  return { ms, ok: random() >= 0.001 };
}

function assertNone({ changes, calls }: SimulatedFleet): void {
  assert.deepEqual(changes, []);
  assert.ok(calls > 100_000, `${calls} calls`);
}

for (const seed of [1, 2, 3]) {
  test(`rolling updates, one pod after the other, each slow at first (seed ${seed})`, () => {
    let pods = named(5);
    let generation = 0;
    const cameAt = new Map<string, number>();
    let next = 60_000;
    const fleet = new SimulatedFleet({
      ...{ pods, clients, seed },
      answer: (pod, atMs, random) => {
        // It compiles its code and fills its caches, and what it is told while it ends it does not all do.
        const ageMs = atMs - (cameAt.get(pod) ?? -60_000);
        if (ageMs < 3_000) return { ms: 1_500 * (1 - ageMs / 3_000) * random() + 5, ok: random() >= 0.02 };
        if (!pods.includes(pod)) return { ms: 5, ok: random() >= 0.5 };
        return ordinary(random);
      },
    });
    fleet.run(halfAnHourMs, () => {
      const now = fleet.clock.now();
      if (now < next) return;
      // A new pod first, then one of the old ones goes; a whole rollout takes 25 s, and there is one every two minutes.
      const oldest = pods.findIndex((pod) => !pod.startsWith(`pod-${generation}-`));
      if (oldest === -1) {
        generation += 1;
        next = now + 95_000;
        return;
      }
      const fresh = `pod-${generation}-${oldest}`;
      cameAt.set(fresh, now);
      pods = pods.with(oldest, fresh);
      fleet.setPods(pods);
      next = now + 5_000;
    });
    assert.ok(generation > 10, `${generation} rollouts`);
    assertNone(fleet);
  });

  test(`scale-out and scale-in (seed ${seed})`, () => {
    const fleet = new SimulatedFleet({
      pods: named(3),
      clients,
      seed,
      answer: (_pod, _at, random) => ordinary(random),
    });
    for (let ms = 0; ms < halfAnHourMs; ms += 20_000) {
      fleet.setPods(named(2 + Math.floor(fleet.random() * 12)));
      fleet.run(20_000);
    }
    assertNone(fleet);
  });

  test(`a control plane that starts anew every minute (seed ${seed})`, () => {
    const fleet = new SimulatedFleet({
      pods: named(5),
      clients,
      seed,
      answer: (_pod, _at, random) => ordinary(random),
    });
    for (let ms = 0; ms < halfAnHourMs; ms += 60_000) {
      fleet.run(60_000);
      fleet.restart();
    }
    assertNone(fleet);
  });

  test(`a fleet that is slow, and even (seed ${seed})`, () => {
    const fleet = new SimulatedFleet({
      ...{ pods: named(5), clients: clients.map((one) => ({ ...one, deadlineMs: 60_000 })), seed },
      // Between 0.5 and 6 s, all alike, slower in waves.
      answer: (_pod, atMs, random) => ({
        ms: (1 + Math.sin(atMs / 120_000)) * 2_500 + 500 + 500 * random(),
        ok: random() >= 0.01,
      }),
    });
    assertNone(fleet.run(halfAnHourMs));
  });

  test(`calls of all durations, mixed (seed ${seed})`, () => {
    const fleet = new SimulatedFleet({
      ...{ pods: named(5), clients: clients.map((one) => ({ ...one, deadlineMs: 600_000 })), seed },
      // Streams that last for minutes beside calls of a few milliseconds.
      answer: (_pod, _at, random) => ({ ms: 5 * 10 ** (4.5 * random() ** 3), ok: true }),
    });
    assertNone(fleet.run(halfAnHourMs));
  });

  test(`hosts without CPU: every pod, or a client, stands still for seconds again and again (seed ${seed})`, () => {
    const fleet = new SimulatedFleet({
      ...{ pods: named(5), clients: clients.map((one) => ({ ...one, deadlineMs: 1_000 })), seed },
      answer: (_pod, atMs, random) => {
        const inCycle = atMs % 20_000;
        return inCycle < 4_000 ? { ms: 4_000 - inCycle + 10 * random(), ok: true } : ordinary(random);
      },
    });
    assertNone(fleet.run(halfAnHourMs));
  });

  test(`half of the calls fail everywhere, by their caller's own fault (seed ${seed})`, () => {
    const fleet = new SimulatedFleet({
      ...{ pods: named(5), clients, seed },
      answer: (_pod, _at, random, client) => (client % 2 === 0 ? { ms: 5, ok: random() >= 0.9 } : ordinary(random)),
    });
    assertNone(fleet.run(halfAnHourMs));
  });
}
