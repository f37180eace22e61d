import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mulberry32 } from '../base/random.ts';
import type { Plan, PlanClient, PlanInput, PlanPod } from './plan-input.ts';
import { planService } from './plan-service.ts';

const podsOf = (count: number): PlanPod[] =>
  Array.from({ length: count }, (_, index) => ({ key: `pod-${index}`, zone: '' }));
const clientsOf = (count: number): PlanClient[] =>
  Array.from({ length: count }, (_, index) => ({ id: `client-${index}`, zone: '' }));

function setsOf({ groups }: Plan): Map<string, readonly string[]> {
  return new Map(groups.flatMap(({ clients, pods }) => clients.map((id) => [id, pods] as const)));
}

/** The fewest and the most clients of a pod. */
function clientsOfPod(plan: Plan, pods: readonly PlanPod[]): [fewest: number, most: number] {
  const counts = new Map(pods.map(({ key }) => [key, 0]));
  for (const set of setsOf(plan).values()) for (const key of set) counts.set(key, counts.get(key)! + 1);
  return [Math.min(...counts.values()), Math.max(...counts.values())];
}

/** Pods that clients gained from one plan to the next: the most of a client, and all together. */
function gains(before: Plan, after: Plan): { readonly most: number; readonly all: number } {
  const old = setsOf(before);
  const gained = [...setsOf(after)]
    .filter(([id]) => old.has(id))
    .map(([id, pods]) => new Set(pods).difference(new Set(old.get(id))).size);
  return { most: Math.max(0, ...gained), all: gained.reduce((sum, one) => sum + one, 0) };
}

test('1,000 clients, 1,000 pods, 20 each: ±1 through 100 pods that come and go, one pod of a client at a time', (t) => {
  const random = mulberry32(20);
  let input: PlanInput = { policy: { subset: 20 }, pods: podsOf(1_000), clients: clientsOf(1_000) };
  let plan = planService(input);
  let exchanged = 0;
  let fewest = 0;
  for (let event = 0; event < 100; event++) {
    const pods =
      random() < 0.5
        ? input.pods.toSpliced(Math.floor(random() * input.pods.length), 1)
        : [...input.pods, { key: `new-${event}`, zone: '' }];
    input = { ...input, pods, state: plan.state };
    const next = planService(input);
    const [low, high] = clientsOfPod(next, pods);
    assert.ok(high - low <= 1, `event ${event}: ${low} to ${high} clients a pod`);
    const { most, all } = gains(plan, next);
    assert.ok(most <= 1, `event ${event}: a client gained ${most}`);
    exchanged += all;
    fewest += 20;
    plan = next;
  }
  for (const pods of setsOf(plan).values()) assert.equal(pods.length, 20);
  t.diagnostic(`${exchanged} pods of clients were exchanged in 100 events; ${fewest} have to be`);
  assert.ok(exchanged <= fewest * 1.1, String(exchanged));
});

test('any numbers: ±1, and it stays so when clients come and go', () => {
  const random = mulberry32(3);
  const some = (most: number) => 1 + Math.floor(random() * most);
  for (let round = 0; round < 60; round++) {
    const pods = podsOf(2 + some(60));
    let clients = clientsOf(some(80));
    const policy = { subset: some(12) };
    let plan = planService({ policy, pods, clients });
    for (let step = 0; step < 5; step++) {
      const gone = Math.floor(random() * clients.length);
      clients =
        random() < 0.5 && clients.length > 1
          ? clients.toSpliced(gone, 1)
          : [...clients, { id: `new-${step}`, zone: '' }];
      plan = planService({ policy, pods, clients, state: plan.state });
      const [low, high] = clientsOfPod(plan, pods);
      assert.ok(high - low <= 1, `round ${round}: ${low} to ${high}, ${clients.length} clients, ${pods.length} pods`);
    }
  }
});

test('no more pods than a client is to have: everybody has all', () => {
  const plan = planService({ policy: { subset: 20 }, pods: podsOf(20), clients: clientsOf(30) });
  assert.deepEqual(
    plan.groups.map(({ clients, pods }) => [clients.length, pods.length]),
    [[30, 20]],
  );
});

test('a sentence says how many clients a pod has', () => {
  const plan = planService({ policy: { subset: 4 }, pods: podsOf(10), clients: clientsOf(12) });
  assert.deepEqual(plan.why, ['each of 12 clients is given 4 of 10 pods; a pod has 4 or 5 clients']);
});
