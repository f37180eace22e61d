import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '../model/service.ts';
import type { PlanPolicy } from '../plan/plan-input.ts';
import { PlannedPort, type SteeredClient } from './planned-port.ts';
import { grpcService, readyEndpoint } from './testing/told-source.ts';

const inZone = (address: string, zone: string) => ({
  ...readyEndpoint(address),
  locality: { region: '', zone, subZone: '' },
});
const endpoints = [inZone('10.0.0.1', 'a'), inZone('10.0.0.2', 'b'), inZone('10.0.0.3', 'b')];

function plannedPort(service: Service, policy: PlanPolicy = { prefer: 'zone' }): PlannedPort {
  return new PlannedPort(policy, service, service.ports[0]!, {
    ...{ zoneOf: () => undefined, heard: () => [], work: () => [], nowMs: () => 1, encoded: () => {} },
  });
}

const client = (number: number, zone = 'a'): SteeredClient => ({
  ...{ number, nodeId: `client-${number}`, kubeNode: undefined, zone, caller: 'shop/web' },
  ...{ form: undefined, weighs: 'localities' },
});

test('of clients that come together no more follow weights than of those that come one after the other', () => {
  for (const isTogether of [true, false]) {
    const planned = plannedPort(grpcService('shop/orders', endpoints));
    for (let number = 1; number <= 20; number++) {
      planned.decideWeights(client(number));
      if (!isTogether) planned.join(client(number));
    }
    assert.equal(planned.weighted.size, 8);
  }
});

test('a Service that switches localities off is planned without weights, also for who followed them', () => {
  const service = grpcService('shop/orders', endpoints);
  const planned = plannedPort(service);
  const hasWeights = () => planned.plan!.groups.some(({ weights }) => weights !== undefined);
  for (const who of [client(1), client(2, 'b')]) {
    planned.decideWeights(who);
    planned.join(who);
  }
  planned.replan();
  assert.ok(hasWeights());
  const off: Service = { ...service, policy: { podLocalities: false } };
  planned.update(off, off.ports[0]!);
  planned.replan();
  assert.ok(!hasWeights());
});

test('clients keep exact turns where nobody reports, so that work is not known, and where they have weights of their own', () => {
  const service = grpcService('shop/orders', endpoints);
  for (const [policy, form, weighted] of [
    [{ balance: 'work' }, undefined, 0],
    [{ balance: 'work' }, 'pods', 20],
    [{ balance: 'work', prefer: 'zone' }, undefined, 8],
    // Clients weigh pods themselves.
    [{ balance: 'utilization', prefer: 'zone' }, 'pods', 0],
  ] as const) {
    const planned = plannedPort(service, policy);
    for (let number = 1; number <= 20; number++) planned.decideWeights({ ...client(number), form });
    assert.equal(planned.weighted.size, weighted, JSON.stringify(policy));
  }
});
