import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nowhere } from '../model/endpoint.ts';
import type { PortSelection } from './endpoint-state.ts';
import { viewPort } from './explain-port.ts';
import { grpcService, readyEndpoint } from './testing/told-source.ts';

test('every endpoint says why clients get it or not, those that they do not get first', () => {
  const all = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'].map((address) => readyEndpoint(address));
  const [good, ejected, sick, damped, unchecked] = all;
  const leaving = { ...readyEndpoint('10.0.0.6'), conditions: { ready: false, serving: true, terminating: true } };
  const service = grpcService('shop/orders', [...all, leaving], {
    policy: { healthCheck: { protocol: 'tcp', grpcService: '' } },
  });
  const selection: PortSelection = {
    rule: 'healthy',
    published: new Set([good!]),
    ejected: new Set([ejected!]),
    damped: new Set([damped!]),
  };
  const port = viewPort(
    { service, port: service.ports[0]!, selection, isChosen: false, isGrpc: true },
    {
      healthOf: (_service, endpoint) =>
        endpoint === sick ? 'unhealthy' : endpoint === unchecked ? 'unknown' : 'healthy',
      ejectedOf: (_service, _port, endpoint) =>
        endpoint === ejected ? { since: 'a', until: 'b', why: 'it fails 9 of 10 calls' } : null,
      planOf: () => undefined,
      healthReports: [
        {
          target: { address: '10.0.0.3', port: 50051, policy: { protocol: 'tcp', grpcService: '' } },
          ...{ groups: [], state: 'unhealthy', reason: 'refused', forMs: 1, succeeded: 0, failed: 1 },
        },
      ],
    },
    10,
  );
  assert.deepEqual(
    port.endpoints.map(({ address, state, why }) => [address.split(':')[0], state, why]),
    [
      ['10.0.0.2', 'ejected', 'is ejected until b: it fails 9 of 10 calls'],
      ['10.0.0.3', 'unhealthy', 'fails its health check: refused'],
      ['10.0.0.4', 'damped', 'comes and goes, and is kept back until it settles'],
      ['10.0.0.5', 'unchecked-yet', 'waits for its first health check'],
      ['10.0.0.6', 'terminating', 'is terminating'],
      ['10.0.0.1', 'published', 'gets calls'],
    ],
  );
  assert.deepEqual([port.total, port.states.published, port.states.ejected], [6, 1, 1]);
  assert.equal(nowhere.zone, port.endpoints[0]?.zone);
  assert.equal(port.plan, undefined);
});

test('what clients are given by a plan is said where it is not all endpoints alike', () => {
  const endpoints = ['10.0.0.1', '10.0.0.2'].map((address) => readyEndpoint(address));
  const service = grpcService('shop/orders', endpoints);
  const pods = ['10.0.0.1:50051', '10.0.0.2:50051'];
  const given = (...groups: { readonly pods: readonly string[]; readonly weights?: readonly number[] }[]) =>
    viewPort(
      {
        ...{ service, port: service.ports[0]!, isChosen: false, isGrpc: true },
        selection: { rule: 'healthy', published: new Set(endpoints), ejected: new Set(), damped: new Set() },
      },
      {
        ...{ healthOf: () => 'healthy' as const, ejectedOf: () => null, healthReports: [] },
        planOf: (name) =>
          name === 'shop/orders:50051'
            ? { why: ['because'], groups: groups.map((one) => ({ clients: ['web'], ...one })) }
            : undefined,
      },
      10,
    ).plan?.given;
  assert.equal(given({ pods }, { pods, weights: [7, 7] }), undefined);
  assert.equal(given({ pods: pods.slice(1) }), 'a part of the pods');
  assert.equal(given({ pods, weights: [1, 2] }, { pods: pods.slice(1) }), 'a part of the pods or weights of pods');
});
