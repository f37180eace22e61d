import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientFormOf } from './client-form.ts';
import {
  describeGroup,
  formGroup,
  gatewayGroup,
  groupInForm,
  groupOf,
  kubeNodeGroup,
  layersOf,
  turnsGroup,
  wildcardOf,
} from './node-group.ts';

const gateways = new Set(['edge', 'inner']);
const envoy = { userAgentName: 'envoy', userAgentVersion: '1.40.0', cluster: '', metadata: {} };
const grpc = { userAgentName: 'gRPC Go', userAgentVersion: '1.85.0', cluster: '', metadata: {} };

test('an Envoy is a gateway by its cluster, any node by its metadata', () => {
  assert.deepEqual(describeGroup(groupOf({ ...envoy, cluster: 'edge' }, gateways)), { gateway: 'edge' });
  const both = { ...envoy, cluster: 'edge', metadata: { gateway: 'inner' } };
  assert.deepEqual(describeGroup(groupOf(both, gateways)), { gateway: 'inner' });
  assert.deepEqual(describeGroup(groupOf({ ...grpc, metadata: { gateway: 'inner' } }, gateways)), { gateway: 'inner' });
});

test('a gRPC client that happens to have a cluster of that name stays a gRPC client', () => {
  const client = { ...grpc, cluster: 'edge', metadata: { namespace: 'shop' } };
  assert.deepEqual(describeGroup(groupOf(client, gateways)), { namespace: 'shop' });
});

test('what no gateway is called by leads to none', () => {
  assert.deepEqual(describeGroup(groupOf({ ...envoy, cluster: 'other' }, gateways)), {});
  for (const gateway of ['other', '', 7, null]) {
    assert.deepEqual(describeGroup(groupOf({ ...grpc, metadata: { gateway } }, gateways)), { namespace: 'default' });
  }
});

test('a client that calls its namespace like something else is in a namespace', () => {
  for (const namespace of [
    'gateway:edge',
    'envoy:',
    'form:pods',
    'turns:',
    'kube-node:n1',
    'shop@n1',
    'shop#pods',
    'shop!',
  ]) {
    const group = groupOf({ ...grpc, metadata: { namespace } }, gateways);
    assert.deepEqual(layersOf(group), [namespace.replace(/[:@#!]/, '?')]);
    assert.deepEqual(describeGroup(group), { namespace: namespace.replace(/[:@#!]/, '?') });
    assert.equal(wildcardOf(group, true), 'all');
  }
  // Long, and of a type that names none.
  assert.equal(groupOf({ ...grpc, metadata: { namespace: 'x'.repeat(100_000) } }, gateways).length, 64);
  for (const namespace of [7, null, { a: 'shop' }, ['shop']]) {
    assert.equal(groupOf({ ...grpc, metadata: { namespace } }, gateways), 'default');
  }
});

test('a gateway gets what is its own, another Envoy everything but listeners, anyone else everything', () => {
  const wildcards = (node: Parameters<typeof groupOf>[0]) =>
    [true, false].map((isListener) => wildcardOf(groupOf(node, gateways), isListener));
  assert.deepEqual(wildcards({ ...envoy, cluster: 'edge' }), ['own', 'own']);
  assert.deepEqual(wildcards(envoy), ['own', 'all']);
  assert.deepEqual(wildcards(grpc), ['all', 'all']);
});

test('a client is also in the layer of the Kubernetes node that it says it is on, whatever else it is', () => {
  const on = (kubeNode: string | number | null) => ({ ...grpc, metadata: { namespace: 'shop', kubeNode } });
  const group = groupOf(on('ip-10-0-1-7.eu-west-1.compute.internal'), gateways);
  assert.deepEqual(layersOf(group), [kubeNodeGroup('ip-10-0-1-7.eu-west-1.compute.internal'), 'shop']);
  assert.deepEqual(describeGroup(group), { namespace: 'shop' });
  assert.deepEqual(wildcardOf(group, true), 'all');
  const edge = groupOf({ ...envoy, cluster: 'edge', metadata: { kubeNode: 'n1' } }, gateways);
  assert.deepEqual(layersOf(edge), [kubeNodeGroup('n1'), gatewayGroup('edge')]);
  assert.deepEqual([describeGroup(edge), wildcardOf(edge, false)], [{ gateway: 'edge' }, 'own']);
  const plain = groupOf({ ...envoy, metadata: { kubeNode: 'n1' } }, gateways);
  assert.deepEqual([describeGroup(plain), wildcardOf(plain, true)], [{}, 'own']);
  // What the Downward API did not fill in, and what is no name of a node.
  for (const kubeNode of ['', '$(NODE_NAME)', 'a@b', 'N1', 'x'.repeat(300), 7, null]) {
    assert.deepEqual(layersOf(groupOf(on(kubeNode), gateways)), ['shop'], String(kubeNode));
  }
});

test('where clients report, a gRPC client is also in the layer of the form that it can take; an Envoy is not', () => {
  const metadata = { namespace: 'shop', kubeNode: 'n1' };
  const group = groupOf({ ...grpc, metadata }, gateways, clientFormOf);
  assert.deepEqual(layersOf(group), [kubeNodeGroup('n1'), formGroup('pods'), 'shop']);
  assert.deepEqual(describeGroup(group), { namespace: 'shop', form: 'pods' });
  const old = groupOf({ ...grpc, userAgentVersion: '1.50.0' }, gateways, clientFormOf);
  assert.deepEqual(layersOf(old), [formGroup('merged'), 'default']);
  assert.deepEqual([wildcardOf(group, true), wildcardOf(old, false)], ['all', 'all']);
  for (const node of [envoy, { ...envoy, cluster: 'edge' }, { ...grpc, metadata: { gateway: 'edge' } }]) {
    assert.equal(groupOf(node, gateways, clientFormOf), groupOf(node, gateways));
  }
});

test('grpc-js is in the layer of clients that take turns, whatever else it is; others are not', () => {
  const node = { ...grpc, userAgentName: 'gRPC Node Pure JS', userAgentVersion: '1.14.1' };
  const on = { ...node, metadata: { namespace: 'shop', kubeNode: 'n1' } };
  assert.deepEqual(layersOf(groupOf(on, gateways)), [kubeNodeGroup('n1'), turnsGroup, 'shop']);
  const group = groupOf(on, gateways, clientFormOf);
  assert.deepEqual(layersOf(group), [kubeNodeGroup('n1'), turnsGroup, formGroup('pods'), 'shop']);
  assert.deepEqual(layersOf(groupInForm(group, 'merged')), [
    kubeNodeGroup('n1'),
    turnsGroup,
    formGroup('merged'),
    'shop',
  ]);
  assert.deepEqual(describeGroup(group), { namespace: 'shop', form: 'pods' });
  assert.deepEqual(layersOf(groupOf({ ...node, metadata: { gateway: 'edge' } }, gateways)), [gatewayGroup('edge')]);
  for (const other of [grpc, { ...grpc, userAgentName: 'gRPC C-core linux Python' }]) {
    assert.ok(!layersOf(groupOf(other, gateways)).includes(turnsGroup));
  }
});
