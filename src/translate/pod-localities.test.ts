import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRegistry, fromBinary, type JsonValue, toJson } from '@bufbuild/protobuf';
import { checkPortable, type EncodedResource } from '@evenkeel/xds';
import { ClusterSchema } from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { ClientSideWeightedRoundRobinSchema } from '@evenkeel/xds/gen/envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3/client_side_weighted_round_robin_pb';
import { RoundRobinSchema } from '@evenkeel/xds/gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb';
import { stringify } from 'yaml';
import { parseDocumentText } from '../base/document.ts';
import { endpointsSchema } from '../discovery/file/endpoints-schema.ts';
import { servicesOf } from '../discovery/file/services.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Service } from '../model/service.ts';
import { translateForReports } from './pod-localities.ts';

const folder = join(import.meta.dirname, 'testdata');
const registry = createRegistry(RoundRobinSchema, ClientSideWeightedRoundRobinSchema);

function services(name: string): Service[] {
  const file = join(folder, 'in', `${name}.yaml`);
  return servicesOf(parseDocumentText(readFileSync(file, 'utf8'), endpointsSchema, file));
}

function render(
  resources: Iterable<EncodedResource>,
  schema: typeof ClusterSchema | typeof ClusterLoadAssignmentSchema,
) {
  return [...resources].map(({ version, bytes }): JsonValue => {
    return { version, resource: toJson(schema, fromBinary<typeof schema>(schema, bytes), { registry }) };
  });
}

for (const name of ['endpoints', 'local', 'zones', 'utilization']) {
  test(`${name} for clients that report translates to what lies in testdata/out`, (t) => {
    const translated = services(name).map((service) => translateForReports(service));
    const content = {
      mergedClusters: translated.flatMap(({ merged }) => render(merged, ClusterSchema)),
      podClusters: translated.flatMap(({ podClusters }) => render(podClusters, ClusterSchema)),
      podAssignments: translated.flatMap(({ podAssignments }) =>
        render(podAssignments.values(), ClusterLoadAssignmentSchema),
      ),
    };
    t.assert.fileSnapshot(stringify(content, { lineWidth: 120 }), join(folder, 'out', `${name}.reports.yaml`), {
      serializers: [(text: string) => text],
    });
    for (const { merged, podClusters, podAssignments } of translated) {
      for (const resource of [...merged, ...podClusters, ...podAssignments.values()]) {
        checkPortable(resource);
      }
    }
  });
}

function endpoint(address: string): Endpoint {
  const conditions = { ready: true, serving: true, terminating: false };
  return { address, port: 80, conditions, locality: { region: 'r', zone: 'a', subZone: '' } };
}

function service(...addresses: string[]): Service {
  const ports = [
    { port: 80, name: 'grpc', endpoints: addresses.map(endpoint) },
    { port: 81, name: 'grpc-2', endpoints: [] },
  ];
  return { namespace: 'shop', name: 'orders', ports, policy: {} };
}

test('what did not change is not encoded anew', () => {
  const first = translateForReports(service('10.0.0.1'));
  const same = translateForReports(service('10.0.0.1'), first);
  assert.deepEqual(
    [...same.merged, ...same.podClusters].map((one, index) => one === [...first.merged, ...first.podClusters][index]),
    [true, true, true, true],
  );
  assert.equal(same.podAssignments.get(80), first.podAssignments.get(80));
  const more = translateForReports(service('10.0.0.1', '10.0.0.2'), same);
  assert.notEqual(more.podAssignments.get(80), first.podAssignments.get(80));
  assert.equal(more.podAssignments.get(81), first.podAssignments.get(81));
  assert.equal(more.podClusters[0], first.podClusters[0]);
});

test('an address that occurs twice is one locality, and the order of discovery does not matter', () => {
  const bytes = (...addresses: string[]) => translateForReports(service(...addresses)).podAssignments.get(80)!.bytes;
  assert.deepEqual(bytes('10.0.0.2', '10.0.0.1', '10.0.0.2'), bytes('10.0.0.1', '10.0.0.2'));
});

test('a Service can be left out, and come back', () => {
  const policy = { podLocalities: false };
  const first = translateForReports(service('10.0.0.1'));
  const without = translateForReports({ ...service('10.0.0.1'), policy }, first);
  assert.equal(without.podClusters, without.merged);
  assert.equal(without.podAssignments.size, 0);
  const again = translateForReports(service('10.0.0.1'), without);
  assert.deepEqual(again.podClusters, first.podClusters);
  assert.equal(again.podAssignments.size, 2);
});
