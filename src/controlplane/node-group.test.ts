import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeGroup, groupOf, wildcardOf } from './node-group.ts';

const gateways = new Set(['edge', 'inner']);
const envoy = { userAgentName: 'envoy', cluster: '', metadata: {} };
const grpc = { userAgentName: 'gRPC Go', cluster: '', metadata: {} };

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

test('a gateway gets what is its own, another Envoy everything but listeners, anyone else everything', () => {
  const wildcards = (node: Parameters<typeof groupOf>[0]) =>
    [true, false].map((isListener) => wildcardOf(groupOf(node, gateways), isListener));
  assert.deepEqual(wildcards({ ...envoy, cluster: 'edge' }), ['own', 'own']);
  assert.deepEqual(wildcards(envoy), ['own', 'all']);
  assert.deepEqual(wildcards(grpc), ['all', 'all']);
});
