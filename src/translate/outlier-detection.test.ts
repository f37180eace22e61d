import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRegistry, fromBinary, toJson } from '@bufbuild/protobuf';
import { type EncodedResource, typeUrls } from '@evenkeel/xds';
import { ClusterSchema } from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import { RoundRobinSchema } from '@evenkeel/xds/gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb';
import { stringify } from 'yaml';
import type { ServicePolicy } from '../model/policy.ts';
import type { Service } from '../model/service.ts';
import { outlierDetectionOf } from './outlier-detection.ts';
import { translateForReports } from './pod-localities.ts';
import { translateService } from './translate-service.ts';

const registry = createRegistry(RoundRobinSchema);

function service(policy: ServicePolicy): Service {
  return { namespace: 'shop', name: 'orders', ports: [{ port: 80, name: 'grpc', endpoints: [] }], policy };
}

function render(resources: readonly EncodedResource[]) {
  return resources
    .filter(({ typeUrl }) => typeUrl === typeUrls.cluster)
    .map(({ bytes }) => toJson(ClusterSchema, fromBinary(ClusterSchema, bytes), { registry }));
}

test('clusters with outlier detection are what lies in testdata', (t) => {
  const on = service({ outlierDetection: true, ejection: { mode: 'sharp', maxPercent: 20 } });
  const { merged, podClusters } = translateForReports(on);
  const content = {
    'every client': render(translateService(on).shared),
    'clients that report': render(merged),
    'clients that report by pod': render(podClusters),
  };
  t.assert.fileSnapshot(
    stringify(content, { lineWidth: 120 }),
    join(import.meta.dirname, 'testdata/outlier-detection.yaml'),
    {
      serializers: [(text: string) => text],
    },
  );
});

test('without being asked for there is none; asked for, it has numbers whatever the ejection is', () => {
  assert.equal(outlierDetectionOf({}), undefined);
  assert.equal(outlierDetectionOf({ ejection: { mode: 'sharp' } }), undefined);
  assert.equal(outlierDetectionOf({ outlierDetection: true, ejection: { mode: 'none' } })?.failurePercent, 85);
  assert.equal(outlierDetectionOf({ outlierDetection: true, ejection: { maxPercent: 100 } })?.maxEjectionPercent, 50);
  assert.equal(outlierDetectionOf({ outlierDetection: true, ejection: { baseMs: 600_000 } })?.maxEjectionMs, 600_000);
});

test('a Service that asks for it later, or for other numbers, has other clusters in every form', () => {
  const steps = [{}, { outlierDetection: true }, { outlierDetection: true, ejection: { minCalls: 3 } }, {}];
  let translated = translateService(service({}));
  let reports = translateForReports(service({}));
  const seen = steps.map((policy) => {
    translated = translateService(service(policy), translated);
    reports = translateForReports(service(policy), reports);
    return [...translated.shared, ...reports.merged, ...reports.podClusters]
      .filter(({ typeUrl }) => typeUrl === typeUrls.cluster)
      .map(({ version }) => version);
  });
  assert.deepEqual(seen[0], seen[3]);
  for (const form of [0, 1, 2]) assert.equal(new Set(seen.map((versions) => versions[form])).size, 3);
});
