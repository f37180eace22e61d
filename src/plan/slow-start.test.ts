import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan, PlanInput, PlanPod } from './plan-input.ts';
import { planService } from './plan-service.ts';

const slowStartMs = 30_000;
const warm: PlanPod[] = Array.from({ length: 10 }, (_, index) => ({
  key: `10.0.0.${index}:1`,
  zone: '',
  uid: `u${index}`,
}));
const cold: PlanPod = { key: '10.0.1.0:1', zone: '', uid: 'new', pod: 'orders-new' };

function clientsOf(count: number) {
  return Array.from({ length: count }, (_, index) => ({ id: `client-${index}`, zone: '' }));
}

/** Calls by pod, over the calls of a pod where all get the same. */
function sharesOf({ groups }: Plan, pods: readonly PlanPod[]): Map<string, number> {
  const calls = new Map<string, number>();
  let all = 0;
  for (const { clients, pods: set } of groups) {
    all += clients.length;
    for (const key of set) calls.set(key, (calls.get(key) ?? 0) + clients.length / set.length);
  }
  return new Map(pods.map(({ key }) => [key, ((calls.get(key) ?? 0) * pods.length) / all]));
}

/** Plans of a Service in which a pod comes, from its coming to after its warm-up. */
function warmUp(clients: number, added: readonly PlanPod[] = [cold], policy: PlanInput['policy'] = { slowStartMs }) {
  const base = { policy, clients: clientsOf(clients) };
  let plan = planService({ ...base, pods: warm, nowMs: 1_000 });
  const pods = [...warm, ...added];
  const plans: { readonly nowMs: number; readonly plan: Plan }[] = [];
  for (let nowMs: number | undefined = 5_000; nowMs !== undefined; nowMs = plan.nextMs) {
    plan = planService({ ...base, pods, nowMs, state: plan.state });
    plans.push({ nowMs, plan });
  }
  return { pods, plans };
}

for (const clients of [20, 60, 1_000]) {
  test(`a pod that comes gets its share along the line, all others exactly the same: ${clients} clients`, () => {
    const { pods, plans } = warmUp(clients);
    for (const { nowMs, plan } of plans) {
      const shares = sharesOf(plan, pods);
      const others = warm.map(({ key }) => shares.get(key)!);
      assert.ok(Math.max(...others) - Math.min(...others) < 1e-9, 'the others are exactly even');
      const line = Math.min(1, 0.1 + (0.9 * (nowMs - 5_000)) / slowStartMs);
      const found = shares.get(cold.key)! / others[0]!;
      assert.ok(Math.abs(found - line) <= 0.1, `${nowMs}: ${found}, the line is at ${line}`);
    }
    assert.equal(plans.at(-1)!.nowMs, 5_000 + slowStartMs);
    assert.deepEqual(new Set(plans.at(-1)!.plan.groups.map(({ pods: set }) => set.length)), new Set([11]));
  });
}

test('each client gains the new pod once, and nothing else changes for it', () => {
  const { plans } = warmUp(60);
  const changes = new Map<string, number>();
  let before = new Map(clientsOf(60).map(({ id }) => [id, warm.map(({ key }) => key).join()]));
  for (const { plan } of plans) {
    const now = new Map(plan.groups.flatMap(({ clients, pods }) => clients.map((id) => [id, pods.join()] as const)));
    for (const [id, pods] of now) if (before.get(id) !== pods) changes.set(id, (changes.get(id) ?? 0) + 1);
    before = now;
  }
  assert.deepEqual(new Set(changes.values()), new Set([1]));
  assert.equal(changes.size, 60);
});

test('with a few clients at least one sees the pod from the start', () => {
  for (const clients of [1, 3]) {
    const { pods, plans } = warmUp(clients);
    for (const { plan } of plans) assert.ok(sharesOf(plan, pods).get(cold.key)! > 0);
  }
});

test('a sentence says how warm a pod is, and that most are new', () => {
  const { plans } = warmUp(20);
  assert.equal(plans[0]!.plan.why[0], 'orders-new is warming up: 10 % of a share, 0 s after it came');
  assert.deepEqual(plans.at(-1)!.plan.why, []);
  const many = Array.from({ length: 11 }, (_, index) => ({ key: `10.0.1.${index}:1`, zone: '', uid: `n${index}` }));
  const skipped = warmUp(20, many).plans[0]!.plan;
  assert.deepEqual(skipped.why, ['no slow start: 11 of 21 pods are new']);
  assert.deepEqual(new Set(skipped.groups.map(({ pods }) => pods.length)), new Set([21]));
});

test('where half of the pods are new they warm up; it is planned again when they are warm, not a step later', () => {
  const half = warm.map((pod, index) => ({ ...pod, key: `10.0.1.${index}:1`, uid: `n${index}` }));
  const { pods, plans } = warmUp(20, half);
  assert.match(plans[0]!.plan.why[0]!, / warming up: 10 %/);
  const late = planService({
    ...{ policy: { slowStartMs }, clients: clientsOf(20), pods },
    ...{ nowMs: 34_900, state: plans[0]!.plan.state },
  });
  assert.equal(late.nextMs, 5_000 + slowStartMs);
});

test('a pod is known by its UID: its address with another one is new, and one that comes back is not', () => {
  const base = { policy: { slowStartMs }, clients: clientsOf(20) };
  const first = planService({ ...base, pods: warm, nowMs: 1_000 });
  assert.deepEqual(first.why, [], 'what is there at the start is warm');
  const gone = planService({ ...base, pods: warm.slice(1), nowMs: 2_000, state: first.state });
  const back = planService({ ...base, pods: warm, nowMs: 60_000, state: gone.state });
  assert.deepEqual(back.why, []);
  const replaced = [{ ...warm[0]!, uid: 'other' }, ...warm.slice(1)];
  const other = planService({ ...base, pods: replaced, nowMs: 61_000, state: back.state });
  assert.match(other.why[0]!, /^10\.0\.0\.0:1 is warming up: 10 %/);
});

test('zones and a slow start at once: warm pods are even, and the new one is on the line', () => {
  const zoned = (pods: readonly PlanPod[]) => pods.map((pod, index) => ({ ...pod, zone: index % 2 === 0 ? 'a' : 'b' }));
  const clients = clientsOf(60).map((client, index) => ({ ...client, zone: index % 3 === 0 ? 'b' : 'a' }));
  const base = { policy: { prefer: 'zone' as const, slowStartMs }, clients };
  let plan = planService({ ...base, pods: zoned(warm), nowMs: 1_000 });
  const pods = zoned([...warm, cold]);
  for (const ageMs of [0, 10_000, 20_000, 30_000]) {
    plan = planService({ ...base, pods, nowMs: 5_000 + ageMs, state: plan.state });
    const shares = sharesOf(plan, pods);
    const others = warm.map(({ key }) => shares.get(key)!);
    const mean = others.reduce((sum, share) => sum + share, 0) / others.length;
    assert.ok(Math.max(...others) <= 1.05 * mean, `${ageMs}: ${others}`);
    const line = 0.1 + (0.9 * ageMs) / slowStartMs;
    assert.ok(Math.abs(shares.get(cold.key)! / mean - line) <= 0.15, `${ageMs}: ${shares.get(cold.key)! / mean}`);
  }
});
