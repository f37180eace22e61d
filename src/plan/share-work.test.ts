import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mulberry32 } from '../base/random.ts';
import type { HeardWork, PlanClient, PlanInput, PlanPod, PlanState } from './plan-input.ts';
import { planService } from './plan-service.ts';

const pods: PlanPod[] = Array.from({ length: 6 }, (_, index) => ({
  key: `10.0.0.${index}:1`,
  zone: '',
  pod: `p-${index}`,
}));
const clients: PlanClient[] = [0, 1, 2].map((index) => ({ id: `client-${index}`, zone: '', isWeighted: true }));

/** A fleet that is planned for and reports once a second: what is under way is seen as chance has it. */
class Fleet {
  readonly #random: () => number;
  readonly #callsPerSecond: number;
  readonly #totals = new Map(pods.map(({ key }) => [key, { ended: 0, inFlightMs: 0, seen: 0 }]));
  readonly #clients: readonly PlanClient[];
  #state: PlanState | undefined;
  #nowMs = 1;
  #shares: readonly number[] = pods.map(() => 1 / pods.length);
  why: readonly string[] = [];

  constructor(fleet: readonly PlanClient[] = clients, callsPerSecond = 400, seed = 5) {
    this.#clients = fleet;
    this.#callsPerSecond = callsPerSecond;
    this.#random = mulberry32(seed);
    this.plan();
  }

  plan(policy: PlanInput['policy'] = { balance: 'work' }): void {
    const work = [...this.#totals].map(([key, total]): HeardWork => ({ key, ...total }));
    const input: PlanInput = { policy, pods, clients: this.#clients, nowMs: this.#nowMs, work, state: this.#state };
    const plan = planService(JSON.parse(JSON.stringify(input)) as PlanInput);
    this.#state = plan.state;
    this.why = plan.why;
    const calls = new Map(pods.map(({ key }) => [key, 0]));
    for (const { clients: ids, pods: keys, weights = keys.map(() => 1) } of plan.groups) {
      const all = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [at, key] of keys.entries()) calls.set(key, calls.get(key)! + (ids.length * weights[at]!) / all);
    }
    this.#shares = [...calls.values()].map((part) => part / this.#clients.length);
  }

  /** Seconds pass; returns calls under way at the busiest pod over the mean after each. */
  run(seconds: number, latencyMs: (pod: number, share: number) => number, isHeard = true): number[] {
    return Array.from({ length: seconds }, () => {
      this.#nowMs += 1_000;
      const underWay = this.#shares.map((share, pod) => (share * this.#callsPerSecond * latencyMs(pod, share)) / 1_000);
      for (const [pod, { key }] of pods.entries()) {
        if (!isHeard) break;
        const seen = Math.max(0, Math.round(underWay[pod]! + this.#noise() * Math.sqrt(underWay[pod]!)));
        const total = this.#totals.get(key)!;
        total.seen += seen;
        total.inFlightMs += seen * 1_000;
        total.ended += this.#shares[pod]! * this.#callsPerSecond;
      }
      this.plan();
      return (Math.max(...underWay) * pods.length) / underWay.reduce((sum, one) => sum + one, 0);
    });
  }

  #noise(): number {
    return Array.from({ length: 12 }, this.#random).reduce((sum, one) => sum + one, -6);
  }
}

const twoAtHalfSpeed = (pod: number): number => (pod >= 4 ? 200 : 100);
const inTurns = Array.from({ length: 30 }, (_, index) => ({ id: `client-${index}`, zone: '' }));

for (const [name, fleet, most] of [
  ['3 clients that follow weights', clients, 1.1],
  // Sets of whole pods are less fine.
  ['30 clients that make turns', inTurns, 1.2],
] as const) {
  test(`two of six pods at half speed: as many calls under way at each within a minute, and for good: ${name}`, (t) => {
    const work = new Fleet(fleet);
    const [first] = work.run(1, twoAtHalfSpeed);
    assert.ok(first! >= 1.49, String(first));
    work.run(59, twoAtHalfSpeed);
    const after = work.run(300, twoAtHalfSpeed);
    t.diagnostic(`busiest over mean: ${Math.max(...after).toFixed(3)} at most in five minutes`);
    assert.ok(Math.max(...after) <= most, String(Math.max(...after)));
    const changes = after.filter((ratio, at) => at > 0 && ratio !== after[at - 1]).length;
    assert.ok(changes <= 10, `shares were changed ${changes} times in five minutes`);
    assert.match(work.why.join(), /p-4 gets 0\.\d\d of an equal share: a call is under way for \d+ ms there/);
    // Both are as fast as the others again.
    work.run(120, () => 100);
    assert.ok(Math.max(...work.run(60, () => 100)) <= most);
  });
}

/** Busiest over mean, the most in five minutes after the first ones; ten runs on average, since each is chance. */
function worstOf(callsPerSecond: number, latencyMs: (pod: number, share: number) => number): number {
  const worst = Array.from({ length: 10 }, (_, seed) => {
    const work = new Fleet(clients, callsPerSecond, seed + 1);
    work.run(60, latencyMs);
    return Math.max(...work.run(300, latencyMs));
  });
  return worst.reduce((sum, one) => sum + one, 0) / worst.length;
}

test('of pods that are alike all are known by all: shares hold where each is seldom seen under way', () => {
  const worst = worstOf(120, twoAtHalfSpeed);
  assert.ok(worst <= 1.07, worst.toFixed(3));
});

test('pods that slow down as they get more do not make shares swing', () => {
  const worst = worstOf(400, (pod, share) => (pod >= 4 ? 80 : 40) / (1 - Math.min(0.9, share * 3)));
  assert.ok(worst <= 1.1, worst.toFixed(3));
});

test('pods that are alike keep equal shares, whatever chance shows', () => {
  const ratios = new Fleet().run(600, () => 60);
  assert.equal(Math.max(...ratios).toFixed(3), '1.000');
});

test('no pod gets less than a quarter or more than four times of an equal share, and blind means equal', () => {
  const work = new Fleet();
  work.run(200, (pod) => (pod === 5 ? 5_000 : 100));
  assert.match(work.why.join(), /p-5 gets 0\.(2|3)/);
  work.run(300, () => 100, false);
  assert.deepEqual(work.why, ['too few calls are heard of to know the work of pods: shares go back to equal']);
  assert.equal(work.run(1, () => 100)[0]!.toFixed(2), '1.00');
});

test('a pod whose calls take no time, as a client may say, does not keep the others from their shares', () => {
  const costs = [0, 100, 100, 100, 200, 200];
  const input = (nowMs: number, state?: PlanState): PlanInput => ({
    ...{ policy: { balance: 'work' }, pods, clients, nowMs, state },
    work: pods.map(({ key }, pod) => ({ key, ended: nowMs, inFlightMs: costs[pod]! * nowMs, seen: nowMs })),
  });
  const { why } = planService(input(10_001, planService(input(1)).state));
  assert.match(why.join(), /p-4 gets 0\.\d\d of an equal share: a call is under way for 200 ms there/);
});
