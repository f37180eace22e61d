import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mulberry32 } from '../base/random.ts';
import { Joins } from './joins.ts';
import type { PlanClient, PlanInput, PlanPod, PlanState } from './plan-input.ts';
import { planService } from './plan-service.ts';

const pods: PlanPod[] = ['a', 'a', 'a', 'a', 'a', 'b', 'b', 'b', 'b', 'c', 'c'].map((zone, index) => ({
  key: `10.0.0.${index}:1`,
  zone,
}));
const clients: PlanClient[] = ['a', 'a', 'a', 'a', 'a', 'a', 'b', 'b', 'b', 'c'].map((zone, index) => ({
  id: `client-${index}`,
  zone,
}));
const policy = { prefer: 'zone' } as const;

/** What a client is given that came after a plan, and what the next one is to be given. */
function join(input: PlanInput, id: string) {
  const joins = new Joins(input.policy, input.pods, input.state);
  const client = input.clients.find((one) => one.id === id)!;
  return { ...joins.join(client, () => input), state: joins.state };
}

test('a client that comes is given pods, and nobody else is given others', () => {
  const input: PlanInput = { policy, pods, clients: clients.slice(0, 9) };
  const { state } = planService(input);
  const joined = join({ ...input, clients, state }, 'client-9');
  assert.ok(joined.pods.length > 0);
  assert.deepEqual(joined.state.seats.slice(0, -1), state.seats);
  assert.deepEqual(joined.state.seats.at(-1), { place: 'c', clients: ['client-9'], pods: joined.pods });
});

test('where all seats of a place are taken it shares the one with the fewest clients', () => {
  const many = Array.from({ length: 100 }, (_, index) => ({ id: `client-${index}`, zone: 'a' }));
  const input: PlanInput = { policy, pods, clients: many };
  const { state } = planService(input);
  const joined = join({ ...input, clients: [...many, { id: 'new', zone: 'a' }], state }, 'new');
  assert.equal(joined.state.seats.length, state.seats.length);
  assert.ok(joined.state.seats.some((seat) => seat.clients.includes('new') && seat.clients.length <= 8));
});

test('in whichever order clients come, and whenever it is planned meanwhile, pods are even and calls near', () => {
  const random = mulberry32(7);
  for (let round = 0; round < 100; round++) {
    const order = clients.map((client) => [random(), client] as const).sort(([a], [b]) => a - b);
    let state: PlanState | undefined;
    const present: PlanClient[] = [];
    for (const [, client] of order) {
      present.push(client);
      state = join({ policy, pods, clients: present, state }, client.id).state;
      if (random() < 0.3) state = planService({ policy, pods, clients: present, state }).state;
    }
    const { busiest, away } = planService({ policy, pods, clients: present, state }).expected;
    assert.ok(busiest <= 1.05 && away! <= 0.1455 + 0.02, `round ${round}: ${busiest}, ${away}`);
  }
});
