import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthTarget } from '../health/target.ts';
import { ServiceHealth } from './service-health.ts';
import { grpcService, readyEndpoint } from './testing/told-source.ts';

function targetsOf(service: ReturnType<typeof grpcService>): string[] {
  const targets: HealthTarget[] = [];
  const checker = {
    setTargets: (_group: string, all: readonly HealthTarget[]) => void targets.push(...all),
    stateOf: () => 'unknown' as const,
    isSettled: () => true,
  };
  new ServiceHealth(checker).watch(service);
  return targets.map(({ address, port }) => `${address}:${port}`);
}

test('what is checked is the ready endpoints of the Service that asks for it, at their own ports, and nothing else', () => {
  const ready = readyEndpoint('10.0.0.1');
  const draining = { ...readyEndpoint('10.0.0.2'), conditions: { ready: false, serving: true, terminating: true } };
  const service = grpcService('shop/orders', [ready, draining]);
  assert.deepEqual(targetsOf(service), [], 'nobody asked for checks');
  const checked = { ...service, policy: { ...service.policy, healthCheck: { protocol: 'tcp' as const } } };
  assert.deepEqual(targetsOf(checked as typeof service), [`10.0.0.1:${ready.port}`]);
});
