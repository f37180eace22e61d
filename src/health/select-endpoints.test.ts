import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../model/endpoint.ts';
import { nowhere } from '../model/endpoint.ts';
import { selectEndpoints, selectOnEachNode } from './select-endpoints.ts';
import type { HealthState } from './target.ts';

const conditionsOf = {
  ready: { ready: true, serving: true, terminating: false },
  leaving: { ready: false, serving: true, terminating: true },
  gone: { ready: false, serving: false, terminating: true },
  starting: { ready: false, serving: false, terminating: false },
  // publishNotReadyAddresses reports ready whatever the pod's state is.
  'ready, leaving': { ready: true, serving: true, terminating: true },
};

type Told = [conditions: keyof typeof conditionsOf, health?: HealthState];

/** Which of the endpoints are chosen, by number, and by which rule. */
function chosen(...told: Told[]): string {
  const endpoints = told.map(
    ([conditions], index): Endpoint => ({
      address: `127.0.0.${index}`,
      port: 1,
      conditions: conditionsOf[conditions],
      locality: nowhere,
    }),
  );
  const selection = selectEndpoints(endpoints, (endpoint) => told[endpoints.indexOf(endpoint)]![1]);
  const numbers = selection.endpoints.map((endpoint) => endpoints.indexOf(endpoint));
  return `${numbers.join(' ')} ${selection.rule}, ${selection.withheld} withheld`;
}

test('without checks, readiness decides', () => {
  assert.equal(chosen(['ready'], ['starting'], ['ready']), '0 2 healthy, 0 withheld');
});

test('a terminating endpoint gets no new calls while another is ready, unless it is ready itself', () => {
  assert.equal(chosen(['ready'], ['leaving'], ['ready, leaving']), '0 2 healthy, 0 withheld');
});

test('terminating endpoints that serve are better than none', () => {
  assert.equal(chosen(['leaving'], ['gone'], ['leaving', 'unhealthy']), '0 2 terminating, 0 withheld');
});

test('nothing that serves is an empty set', () => {
  assert.equal(chosen(), ' empty, 0 withheld');
  assert.equal(chosen(['gone'], ['starting']), ' empty, 0 withheld');
});

test('an unhealthy endpoint is taken out', () => {
  assert.equal(chosen(['ready', 'healthy'], ['ready', 'unhealthy'], ['ready', 'healthy']), '0 2 healthy, 1 withheld');
});

test('an unknown endpoint waits while a healthy one exists', () => {
  assert.equal(chosen(['ready', 'healthy'], ['ready', 'unknown']), '0 healthy, 1 withheld');
});

test('never all are taken out', () => {
  assert.equal(chosen(['ready', 'unhealthy'], ['ready', 'unhealthy']), '0 1 panic, 0 withheld');
  assert.equal(chosen(['ready', 'unhealthy'], ['ready', 'unknown']), '0 1 panic, 0 withheld');
});

test('an endpoint that nobody checks counts as healthy', () => {
  assert.equal(chosen(['ready'], ['ready', 'unhealthy']), '0 healthy, 1 withheld');
});

test('unhealthy ready endpoints come before terminating ones', () => {
  assert.equal(chosen(['ready', 'unhealthy'], ['leaving', 'healthy']), '0 panic, 0 withheld');
});

test('with internalTrafficPolicy Local each Kubernetes node is chosen from by itself', () => {
  const at = (kubeNode: string | undefined, conditions: keyof typeof conditionsOf, address: string): Endpoint => ({
    address,
    port: 1,
    conditions: conditionsOf[conditions],
    locality: nowhere,
    kubeNode,
  });
  const endpoints = [
    at('n1', 'ready', 'a'),
    at('n2', 'leaving', 'b'),
    at('n1', 'leaving', 'c'),
    at('n3', 'starting', 'd'),
    at('n4', 'ready', 'sick'),
  ];
  const health = ({ address }: Endpoint): HealthState => (address === 'sick' ? 'unhealthy' : 'healthy');
  const { endpoints: chosen, rule } = selectOnEachNode(endpoints, health);
  assert.deepEqual([chosen.map(({ address }) => address), rule], [['a', 'b', 'sick'], 'healthy']);
  assert.equal(selectOnEachNode([], health).rule, 'empty');
  const sick = ['n1', 'n2'].flatMap((node) => [at(node, 'ready', 'well'), at(node, 'ready', 'sick')]);
  assert.equal(selectOnEachNode(sick, health).withheld, 2);
  assert.equal(selectOnEachNode([at('n1', 'leaving', 'a'), at('n2', 'starting', 'b')], health).rule, 'terminating');
});
