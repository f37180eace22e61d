// docs/kubernetes.md says who gets what of a Service with internalTrafficPolicy Local; here that row is run.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { readService } from '../discovery/kubernetes/kube-service.ts';
import { readSlice } from '../discovery/kubernetes/kube-slice.ts';
import { portsOf } from '../discovery/kubernetes/service-of.ts';
import { serviceObject, sliceObject } from '../discovery/kubernetes/testing/objects.ts';
import { translateService } from '../translate/translate-service.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/kubernetes.md'), 'utf8');

test('docs/kubernetes.md: with internalTrafficPolicy Local a client gets the endpoints of its own node and no other', () => {
  const row = page
    .split('\n')
    .find((line) => line.startsWith('| `internalTrafficPolicy: Local` of a Service with a ClusterIP |'));
  assert.match(row ?? '', /endpoints of their own Kubernetes node and no other/);
  assert.match(row ?? '', /neither does one that does not say where it is/);
  const endpoints = ['node-1', 'node-1', 'node-2'].map((nodeName, index) => ({ address: `10.0.0.${index}`, nodeName }));
  const versioned = (object: { metadata: object }) => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: '1' },
  });
  const read = (spec: Readonly<Record<string, unknown>>) => {
    const service = readService(versioned(serviceObject('shop/a', spec)))!;
    const slice = readSlice(versioned(sliceObject('shop/a', 'x', endpoints)))!;
    const model = { namespace: 'shop', name: 'a', policy: {}, ...portsOf(service, [slice]) };
    return translateService({ ...model, internalTrafficPolicy: service.internalTrafficPolicy }, undefined);
  };
  const addressesIn = (all: Iterable<{ readonly bytes: Uint8Array }>) =>
    [...all].flatMap(({ bytes }) =>
      fromBinary(ClusterLoadAssignmentSchema, bytes).endpoints.flatMap(({ lbEndpoints }) =>
        lbEndpoints.flatMap(({ hostIdentifier }) => {
          const address = hostIdentifier.case === 'endpoint' ? hostIdentifier.value.address?.address : undefined;
          return address?.case === 'socketAddress' ? address.value.address : [];
        }),
      ),
    );
  const local = read({ internalTrafficPolicy: 'Local' });
  assert.deepEqual(addressesIn(local.assignments.values()), [], 'a client that does not say where it is');
  assert.deepEqual(addressesIn(local.local.get('node-1')!.values()), ['10.0.0.0', '10.0.0.1']);
  assert.deepEqual(addressesIn(local.local.get('node-2')!.values()), ['10.0.0.2']);
  assert.equal(local.local.get('node-3'), undefined);
  for (const spec of [{}, { internalTrafficPolicy: 'Cluster' }]) {
    const all = read(spec);
    assert.equal(addressesIn(all.assignments.values()).length, 3);
    assert.equal(all.local.size, 0);
  }
});
