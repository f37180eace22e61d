import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshotCache } from '@evenkeel/xds';
import { ManualClock } from '../base/clock.ts';
import { type Endpoint, nowhere } from '../model/endpoint.ts';
import type { Service } from '../model/service.ts';
import { Publisher } from './publisher.ts';
import { ServiceHealth } from './service-health.ts';

const id = { namespace: 'default', name: 'a' };

function endpoint(address: string, ready: boolean): Endpoint {
  return { address, port: 1, conditions: { ready, serving: ready, terminating: false }, locality: nowhere };
}

/** A publisher without active checks, and a Service with one endpoint that stays and one that may flap. */
function publishing() {
  const clock = new ManualClock();
  const damped: string[] = [];
  const publisher = new Publisher({
    cache: new SnapshotCache(),
    health: new ServiceHealth({ setTargets: () => {}, stateOf: () => 'healthy', isSettled: () => true }),
    clusterDomain: 'cluster.local',
    observer: { published: () => {}, rejected: () => {}, damped: (_id, one) => damped.push(one) },
    clock,
  });
  const tell = async (ready: boolean): Promise<string> => {
    const endpoints = [endpoint('10.0.0.1', true), endpoint('10.0.0.2', ready)];
    const service: Service = { ...id, ports: [{ port: 1, name: 'grpc', endpoints }], policy: {} };
    publisher.changed(service);
    await Promise.resolve();
    return [...(publisher.get(id)?.selections.get(1)?.published ?? [])].map(({ address }) => address).join(' ');
  };
  return { clock, publisher, damped, tell };
}

test('an endpoint that flaps is kept back; that of a Service that is gone and made anew is not', async () => {
  const { clock, publisher, damped, tell } = publishing();
  for (let change = 0; change < 20; change++) {
    await tell(change % 2 === 0);
    clock.advance(100);
  }
  assert.equal(await tell(true), '10.0.0.1');
  assert.deepEqual(damped, ['10.0.0.2:1']);
  publisher.removed(id);
  await Promise.resolve();
  assert.equal(clock.pending, 0, 'nothing is waited for any more');
  assert.equal(await tell(true), '10.0.0.1 10.0.0.2');
});
