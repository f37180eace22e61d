import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KubernetesObject, V1Deployment, V1PodTemplateSpec } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import { parseProofOptions } from '../../probe/index.ts';
import { driverJob, groundwork, type ManifestOptions, running } from './manifests.ts';
import { planEnv } from './plan.ts';

const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'prove', uid: '00000000-0000-0000-0000-000000000000' };

function options(schemes: string | undefined, given: Partial<ManifestOptions['plan']> = {}): ManifestOptions {
  return {
    plan: {
      namespace: 'evenkeel-prove-0000',
      options: parseProofOptions(schemes === undefined ? {} : { schemes }),
      envoy: false,
      ...given,
    },
    image: { image: 'evenkeel:dev', pullPolicy: 'IfNotPresent' },
    envoyImage: 'envoy:1',
    clusterDomain: 'cluster.local',
    keep: false,
  };
}

function all(given: ManifestOptions): KubernetesObject[] {
  return [...groundwork(given), driverJob(given), ...running(given, owner)];
}

const names = (given: ManifestOptions): string[] => all(given).map(({ kind, metadata }) => `${kind} ${metadata?.name}`);

test('everything of a full proof', (t) => {
  const text = all(options(undefined, { envoy: true }))
    .map((object) => stringify(object))
    .join('---\n');
  const file = join(import.meta.dirname, 'testdata', 'manifests.yaml');
  t.assert.fileSnapshot(text, file, { serializers: [(value: string) => value] });
});

test('a proof makes only what its schemes call', () => {
  const made = names(options('clusterip-grpc'));
  assert.deepEqual(
    made.filter((name) => /^(Deployment|Service) /.test(name)),
    ['Service be1-srv', 'Service be1-clusterip', 'Deployment be1'],
  );
});

test('with a control plane of the cluster it makes none of its own, unless Envoy needs it', () => {
  const controlPlane = 'evenkeel.evenkeel-system:18000';
  assert.ok(!names(options('xds', { controlPlane })).includes('Deployment xds-srv'));
  assert.ok(names(options('xds,l7-envoy', { controlPlane, envoy: true })).includes('Deployment xds-srv'));
  assert.ok(names(options('xds')).includes('Deployment xds-srv'));
});

test('what runs belongs to the Job, and passes the Pod Security Standard "restricted"', () => {
  const given = options(undefined, { envoy: true });
  const objects = running(given, owner);
  for (const object of objects) assert.deepEqual(object.metadata?.ownerReferences, [owner], object.metadata!.name!);
  const templates: V1PodTemplateSpec[] = [
    driverJob(given).spec!.template,
    ...objects.filter(({ kind }) => kind === 'Deployment').map((object) => (object as V1Deployment).spec!.template),
  ];
  for (const { spec } of templates) {
    assert.equal(spec?.securityContext?.runAsNonRoot, true);
    assert.equal(spec.securityContext.seccompProfile?.type, 'RuntimeDefault');
    for (const { securityContext } of spec.containers) {
      assert.equal(securityContext?.allowPrivilegeEscalation, false);
      assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] });
    }
  }
});

test('the pod that makes the calls is told all of its plan', () => {
  const given = options('xds');
  const [container] = driverJob(given).spec!.template.spec!.containers;
  const plan = container!.env?.find(({ name }) => name === planEnv)?.value;
  assert.deepEqual(JSON.parse(plan!), JSON.parse(JSON.stringify(given.plan)));
});

test('a proof that is kept outlives its Job', () => {
  assert.equal(driverJob({ ...options('xds'), keep: true }).spec?.ttlSecondsAfterFinished, undefined);
  assert.ok(driverJob(options('xds')).spec!.ttlSecondsAfterFinished! > 0);
});
