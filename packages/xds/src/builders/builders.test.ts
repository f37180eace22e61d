import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRegistry, type DescMessage, fromBinary, toJson } from '@bufbuild/protobuf';
import { stringify } from 'yaml';
import { ClusterSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ClusterLoadAssignmentSchema } from '../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import { file_envoy_extensions_access_loggers_stream_v3_stream } from '../gen/envoy/extensions/access_loggers/stream/v3/stream_pb.ts';
import { file_envoy_extensions_filters_http_router_v3_router } from '../gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import { file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { file_envoy_extensions_load_balancing_policies_client_side_weighted_round_robin_v3_client_side_weighted_round_robin } from '../gen/envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3/client_side_weighted_round_robin_pb.ts';
import { file_envoy_extensions_load_balancing_policies_ring_hash_v3_ring_hash } from '../gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash_pb.ts';
import { file_envoy_extensions_load_balancing_policies_round_robin_v3_round_robin } from '../gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb.ts';
import { file_envoy_extensions_load_balancing_policies_wrr_locality_v3_wrr_locality } from '../gen/envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality_pb.ts';
import { file_envoy_extensions_upstreams_http_v3_http_protocol_options } from '../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';
import {
  buildApiListener,
  buildAssignment,
  buildEdsCluster,
  buildRoute,
  buildSocketListener,
  checkPortable,
  type EncodedResource,
} from '../index.ts';

// Golden files: what each builder makes, as YAML. `--test-update-snapshots` writes them anew.

const registry = createRegistry(
  file_envoy_extensions_access_loggers_stream_v3_stream,
  file_envoy_extensions_filters_http_router_v3_router,
  file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager,
  file_envoy_extensions_load_balancing_policies_client_side_weighted_round_robin_v3_client_side_weighted_round_robin,
  file_envoy_extensions_load_balancing_policies_ring_hash_v3_ring_hash,
  file_envoy_extensions_load_balancing_policies_round_robin_v3_round_robin,
  file_envoy_extensions_load_balancing_policies_wrr_locality_v3_wrr_locality,
  file_envoy_extensions_upstreams_http_v3_http_protocol_options,
);

const schemas: readonly DescMessage[] = [
  ListenerSchema,
  RouteConfigurationSchema,
  ClusterSchema,
  ClusterLoadAssignmentSchema,
];

function asYaml({ typeUrl, bytes }: EncodedResource): string {
  const schema = schemas.find(({ typeName }) => typeUrl.endsWith(`/${typeName}`))!;
  return stringify(toJson(schema, fromBinary(schema, bytes), { registry, useProtoFieldName: true }), {
    lineWidth: 120,
  });
}

const portable: Readonly<Record<string, EncodedResource>> = {
  'listener-rds': buildApiListener({ name: 'orders.shop', routeName: 'shop/orders:80' }),
  'listener-inline': buildApiListener({
    name: 'orders.shop',
    route: { name: 'shop/orders:80', cluster: 'shop/orders:80' },
  }),
  'route-one-cluster': buildRoute({ name: 'shop/orders:80', cluster: 'shop/orders:80' }),
  'route-rules': buildRoute({
    name: 'r',
    virtualHosts: [
      {
        domains: ['orders.shop', '*.orders.shop'],
        rules: [
          {
            match: {
              path: '/shop.Orders/Place',
              headers: [
                { name: 'x-exact', exact: 'a' },
                { name: 'x-prefix', prefix: 'a' },
                { name: 'x-suffix', suffix: 'a' },
                { name: 'x-contains', contains: 'a' },
                { name: 'x-regex', regex: 'a.*' },
                { name: 'x-present', present: true, invert: true },
              ],
            },
            cluster: [
              { name: 'stable', weight: 95 },
              { name: 'canary', weight: 5 },
            ],
            timeoutMs: 1_500,
            retry: { on: ['unavailable', 'cancelled'], retries: 2, baseMs: 25, maxMs: 250 },
            hashHeaders: ['x-user'],
          },
          { match: { regex: '/shop\\.Orders/.*' }, cluster: 'stable' },
        ],
      },
      { domains: ['*'], rules: [{ match: { prefix: '/' }, cluster: 'stable' }] },
    ],
  }),
  cluster: buildEdsCluster({ name: 'shop/orders:80' }),
  'cluster-policies': buildEdsCluster({
    name: 'c',
    serviceName: 'endpoints-of-c',
    maxRequests: 2_000,
    connectTimeoutMs: 1_500,
    policies: ['ring_hash', { localityWeighted: ['client_side_weighted_round_robin', 'round_robin'] }],
    reportLoad: true,
  }),
  assignment: buildAssignment({
    clusterName: 'shop/orders:80',
    localities: [
      {
        region: 'r',
        zone: 'a',
        subZone: 's',
        weight: 2,
        endpoints: [
          { address: '127.0.0.2', port: 80, weight: 3, healthy: true },
          { address: '::1', port: 80, healthy: false },
        ],
      },
      { region: 'r', zone: 'b', priority: 1, endpoints: [{ address: '127.0.0.3', port: 80 }] },
    ],
  }),
  'assignment-empty': buildAssignment({ clusterName: 'shop/orders:80', localities: [] }),
};

const forEnvoy: Readonly<Record<string, EncodedResource>> = {
  'envoy-listener': buildSocketListener({
    name: 'gateway',
    address: '0.0.0.0',
    port: 8_080,
    routeName: 'gateway',
    accessLog: true,
  }),
  'envoy-cluster': buildEdsCluster({ name: 'shop/orders:80', http2: true }),
};

for (const [name, resource] of Object.entries({ ...portable, ...forEnvoy })) {
  test(`golden: ${name}`, (t) => {
    t.assert.fileSnapshot(asYaml(resource), join(import.meta.dirname, 'testdata', `${name}.yaml`), {
      serializers: [(text: string) => text],
    });
  });
}

test('what the builders make for gRPC clients is portable', () => {
  for (const resource of Object.values(portable)) checkPortable(resource);
  checkPortable(forEnvoy['envoy-cluster']!);
});

test('the version can be given', () => {
  const version = 'mine';
  assert.equal(buildApiListener({ name: 'a', routeName: 'a', version }).version, version);
  assert.equal(
    buildSocketListener({ name: 'a', routeName: 'a', address: '127.0.0.1', port: 1, version }).version,
    version,
  );
  assert.equal(buildRoute({ name: 'a', cluster: 'a', version }).version, version);
  assert.equal(buildEdsCluster({ name: 'a', version }).version, version);
  assert.equal(buildAssignment({ clusterName: 'a', localities: [], version }).version, version);
});
