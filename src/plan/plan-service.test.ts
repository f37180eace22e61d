import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mulberry32 } from '../base/random.ts';
import type { HeardCalls, Plan, PlanClient, PlanInput, PlanPod } from './plan-input.ts';
import { planService } from './plan-service.ts';

const zones = ['a', 'b', 'c'];

function podsOf(counts: readonly number[]): PlanPod[] {
  return counts.flatMap((count, zone) =>
    Array.from({ length: count }, (_, index) => ({ key: `10.${zone}.0.${index}:50051`, zone: zones[zone]! })),
  );
}

function clientsOf(counts: readonly number[]): PlanClient[] {
  return counts.flatMap((count, zone) =>
    Array.from({ length: count }, (_, index) => ({ id: `${zones[zone]}-${index}`, zone: zones[zone]! })),
  );
}

function heardOf(shares: readonly number[]): HeardCalls[] {
  return shares.map((calls, zone) => ({ caller: '', zone: zones[zone]!, calls: calls * 100 }));
}

/** Pods of each client. */
function setsOf({ groups }: Plan): Map<string, readonly string[]> {
  return new Map(groups.flatMap(({ clients, pods }) => clients.map((id) => [id, pods] as const)));
}

/** Calls by pod when each client makes its zone's calls, in exact rounds over what it is given. */
function callsByPod(plan: Plan, { clients, pods, heard = [] }: PlanInput): number[] {
  const sets = setsOf(plan);
  const calls = new Map(pods.map(({ key }) => [key, 0]));
  for (const client of clients) {
    const zone = heard.find((one) => one.zone === client.zone);
    const made = zone === undefined ? 1 : zone.calls / clients.filter((other) => other.zone === client.zone).length;
    const set = sets.get(client.id)!;
    for (const key of set) calls.set(key, calls.get(key)! + made / set.length);
  }
  return [...calls.values()];
}

function busiest(calls: readonly number[]): number {
  return (Math.max(...calls) * calls.length) / calls.reduce((sum, one) => sum + one, 0);
}

/** Clients whose pods are others than before, apart from pods that are no longer there. */
function moved(before: Plan, after: Plan, present: readonly PlanPod[]): string[] {
  const keys = new Set(present.map(({ key }) => key));
  const [old, fresh] = [setsOf(before), setsOf(after)];
  return [...old]
    .filter(([id]) => fresh.has(id))
    .filter(([id, pods]) => String(pods.filter((key) => keys.has(key))) !== String(fresh.get(id)))
    .map(([id]) => id);
}

const sixtyThirtyTen = heardOf([60, 30, 10]);

test('without a preference everybody is given every pod', () => {
  const input = { policy: {}, pods: podsOf([5, 4, 2]), clients: clientsOf([6, 3, 1]) };
  const { groups, why } = planService(input);
  assert.deepEqual(
    groups.map(({ pods, clients }) => [pods.length, clients.length]),
    [[11, 10]],
  );
  assert.deepEqual(why, []);
});

test('zones: pods are even, and no more leaves a zone than has to', () => {
  for (const counts of [
    [6, 3, 1],
    [12, 6, 2],
    [36, 18, 6],
    [5, 5, 5],
    [600, 300, 100],
  ]) {
    const input: PlanInput = {
      policy: { prefer: 'zone' },
      pods: podsOf([5, 4, 2]),
      clients: clientsOf(counts),
      heard: sixtyThirtyTen,
    };
    const plan = planService(input);
    const found = busiest(callsByPod(plan, input));
    assert.ok(found <= 1.05, `${counts}: busiest ${found}`);
    assert.ok(Math.abs(found - plan.expected.busiest) < 0.001, 'it says what comes of it');
    assert.equal(plan.expected.leastAway, 0.1455);
    assert.ok(plan.expected.away! <= 0.1455 + 0.02, `${counts}: away ${plan.expected.away}`);
    assert.ok(plan.groups.length <= 20, `${counts}: a handful of sets, ${plan.groups.length}`);
  }
});

test('zones: few clients keep pods even first, and say what that costs', () => {
  for (const counts of [
    [1, 1, 1],
    [2, 1, 1],
    [3, 2, 1],
  ]) {
    const input: PlanInput = {
      policy: { prefer: 'zone' },
      pods: podsOf([5, 4, 2]),
      clients: clientsOf(counts),
      heard: sixtyThirtyTen,
    };
    const plan = planService(input);
    assert.ok(busiest(callsByPod(plan, input)) <= 1.05, String(counts));
    assert.ok(plan.expected.away! < 0.45, 'still less than without zones');
    assert.match(plan.why.at(-1)!, /clients cannot keep pods even and near at once/);
  }
});

test('zones: a few clients that follow weights keep pods even and calls as near as can be, also beside others', () => {
  for (const [counts, inTurns] of [
    [[1, 1, 1], 0],
    [[2, 1, 1], 0],
    [[1, 0, 1], 0],
    [[12, 6, 3], 18],
  ] as const) {
    const input: PlanInput = {
      policy: { prefer: 'zone' },
      pods: podsOf([5, 4, 2]),
      clients: clientsOf(counts).map((client, index) => ({ ...client, isWeighted: index >= inTurns })),
      heard: sixtyThirtyTen,
    };
    const { expected, groups } = planService(input);
    assert.ok(expected.busiest <= 1.05, `${counts}: busiest ${expected.busiest}`);
    assert.ok(expected.away! <= expected.leastAway! + 0.02, `${counts}: away ${expected.away}`);
    for (const { pods, weights } of groups) {
      if (weights !== undefined) assert.equal(weights.length, pods.length);
    }
    assert.equal(groups.flatMap(({ clients }) => clients).length, input.clients.length);
  }
});

test('weights that are nearly right stay as they are', () => {
  const input = (calls: number): PlanInput => ({
    policy: { prefer: 'zone' },
    pods: podsOf([5, 4, 2]),
    clients: clientsOf([1, 1, 1]).map((client) => ({ ...client, isWeighted: true })),
    heard: heardOf([calls, 30, 10]),
  });
  const before = planService(input(60));
  const near = planService({ ...input(60.5), state: { ...before.state, weights: {} } });
  assert.deepEqual(near.state.weighted, before.state.weighted);
  const far = planService({ ...input(70), state: { ...before.state, weights: {} } });
  assert.notDeepEqual(far.state.weighted, before.state.weighted);
});

test('zones: a zone that loses pod after pod fails over in proportion to what is left', () => {
  let input: PlanInput = {
    policy: { prefer: 'zone' },
    pods: podsOf([5, 4, 2]),
    clients: clientsOf([36, 18, 6]),
    heard: sixtyThirtyTen,
  };
  let plan = planService(input);
  let least = plan.expected.leastAway!;
  for (let lost = 1; lost <= 5; lost++) {
    input = { ...input, pods: podsOf([5, 4, 2]).slice(lost), state: plan.state };
    plan = planService(input);
    assert.ok(busiest(callsByPod(plan, input)) <= 1.05, `${lost} lost: ${busiest(callsByPod(plan, input))}`);
    assert.ok(plan.expected.leastAway! > least, 'a little more leaves with each');
    assert.ok(plan.expected.away! <= plan.expected.leastAway! + 0.02, `${lost} lost: ${plan.expected.away}`);
    least = plan.expected.leastAway!;
  }
  assert.match(
    plan.why[0]!,
    /^a makes 60 % of the calls \(as heard\) and has 0 % of the pods: 100 % of its calls leave/,
  );
});

test('zones: clients and pods of unknown zones are no zone of their own', () => {
  const pods = [...podsOf([3, 3]), { key: '10.9.0.1:1', zone: '' }];
  const clients = [...clientsOf([8, 8]), ...Array.from({ length: 4 }, (_, at) => ({ id: `x-${at}`, zone: '' }))];
  const input: PlanInput = { policy: { prefer: 'zone' }, pods, clients };
  const plan = planService(input);
  assert.ok(busiest(callsByPod(plan, input)) <= 1.0501);
  assert.ok(
    plan.why.some((sentence) => /clients without a zone/.test(sentence)),
    plan.why.join('\n'),
  );
});

test('nodes: calls stay on the node, then in the zone', () => {
  const nodes = Array.from({ length: 8 }, (_, at) => ({ zone: zones[at % 2]!, kubeNode: `node-${at}` }));
  const pods = nodes.map((node, at) => ({ key: `10.0.0.${at}:1`, ...node }));
  const clients = nodes.flatMap((node, at) => [1, 2, 3].map((one) => ({ id: `${at}-${one}`, ...node })));
  const all = planService({ policy: { prefer: 'node' }, pods, clients });
  for (const [id, set] of setsOf(all)) assert.deepEqual(set, [`10.0.0.${id[0]}:1`]);
  // A node without a pod: its calls are for the zone.
  const input: PlanInput = { policy: { prefer: 'node' }, pods: pods.slice(2), clients };
  const fewer = planService(input);
  assert.ok(busiest(callsByPod(fewer, input)) <= 1.05, String(busiest(callsByPod(fewer, input))));
  assert.ok(fewer.expected.away! < 0.02, String(fewer.expected.away));
});

test('any zones, clients and calls: even, and near the least that has to leave', () => {
  const random = mulberry32(19);
  const some = (most: number) => 1 + Math.floor(random() * most);
  for (let round = 0; round < 200; round++) {
    const input: PlanInput = {
      policy: { prefer: 'zone' },
      pods: podsOf([some(30), some(30), some(30)]),
      clients: clientsOf([10 + some(60), 10 + some(60), 10 + some(60)]),
      heard: heardOf([some(60), some(60), some(60)]),
    };
    const plan = planService(input);
    const found = busiest(callsByPod(plan, input));
    const { away, leastAway } = plan.expected;
    assert.ok(found <= 1.05, `round ${round}: busiest ${found}`);
    assert.ok(away! <= leastAway! + 0.03, `round ${round}: ${away} leave, ${leastAway} would do`);
  }
});

test('what does not have to move stays', () => {
  const pods = podsOf([5, 4, 2]);
  const clients = clientsOf([36, 18, 6]);
  const input: PlanInput = { policy: { prefer: 'zone' }, pods, clients, heard: sixtyThirtyTen };
  const first = planService(input);
  assert.deepEqual(moved(first, planService({ ...input, state: first.state }), pods), []);
  // Shares of zones that change by less than the dead band.
  const wobble = planService({ ...input, heard: heardOf([61, 29, 10]), state: first.state });
  assert.deepEqual(moved(first, wobble, pods), []);
  // A client that comes and one that goes.
  const came = planService({ ...input, clients: [...clients, { id: 'a-new', zone: 'a' }], state: first.state });
  assert.ok(moved(first, came, pods).length <= 6, String(moved(first, came, pods)));
  const went = planService({ ...input, clients: clients.slice(1), state: first.state });
  assert.ok(moved(first, went, pods).length <= 6, String(moved(first, went, pods)));
});

test('demand that moves is followed in steps, and settles', () => {
  const clients = clientsOf([36, 18, 6]);
  const input: PlanInput = { policy: { prefer: 'zone' }, pods: podsOf([5, 4, 2]), clients, heard: sixtyThirtyTen };
  let plan = planService(input);
  const later = { ...input, heard: heardOf([30, 30, 40]) };
  const away: number[] = [];
  for (let step = 0; step < 12; step++) {
    plan = planService({ ...later, state: plan.state });
    away.push(plan.expected.leastAway!);
  }
  assert.notEqual(away[0], away.at(-1), 'not all of it at once');
  assert.deepEqual(new Set(away.slice(-4)).size, 1, 'no oscillation');
  assert.ok(busiest(callsByPod(plan, later)) <= 1.06, String(busiest(callsByPod(plan, later))));
});

test('nothing heard: clients count alike; few calls are nothing heard', () => {
  const input = { policy: { prefer: 'zone' as const }, pods: podsOf([2, 2]), clients: clientsOf([4, 4]) };
  const even = planService(input);
  assert.equal(even.expected.away, 0);
  const few = planService({ ...input, heard: [{ caller: '', zone: 'a', calls: 50 }] });
  assert.deepEqual(few.groups, even.groups);
});

test('no pod, or no client, is no mistake', () => {
  const clients = clientsOf([2, 1]);
  const empty = planService({ policy: { prefer: 'zone' }, pods: [], clients });
  assert.deepEqual(
    empty.groups.map(({ pods }) => pods),
    [[]],
  );
  assert.deepEqual(planService({ policy: { prefer: 'zone' }, pods: podsOf([2]), clients: [] }).groups, []);
  const back = planService({ policy: { prefer: 'zone' }, pods: podsOf([2, 1]), clients, state: empty.state });
  assert.deepEqual(new Set(setsOf(back).values()).size, 2);
});
