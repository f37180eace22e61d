// evenkeel probe against pods of a cluster: from outside, and as the Job of docs/gate.md.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { probeReportSchema } from '../src/probe/measure/report.ts';
import { images, withoutCluster } from './support/cluster.ts';
import { backend, echoBackends, service } from './support/echo-stage.ts';
import { createNamespace, deleteNamespace, type Kubectl } from './support/namespace.ts';

const skip = withoutCluster();
const root = resolve(import.meta.dirname, '..');

interface Manifest {
  readonly kind: string;
  readonly metadata: { name: string; namespace: string };
  readonly subjects?: { namespace: string }[];
  readonly spec?: { template: { spec: { containers: { image: string; args: string[] }[] } } };
}

const listOf = (items: readonly object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

/** The manifests of docs/gate.md for these pods: its Service, its numbers of calls and its image are examples. */
function gateOf(namespace: string, job: string, replace: (arg: string) => string): string {
  const page = readFileSync(join(root, 'docs', 'gate.md'), 'utf8');
  const [text] = [...page.matchAll(/```yaml\n(apiVersion: v1[\s\S]*?)```/g)].map(([, yaml]) => yaml!);
  const manifests = parseAllDocuments(text!).map((document) => document.toJS() as Manifest);
  assert.deepEqual(
    manifests.map(({ kind }) => kind),
    ['ServiceAccount', 'Role', 'RoleBinding', 'Job'],
  );
  for (const { kind, metadata, subjects = [], spec } of manifests) {
    metadata.namespace = namespace;
    for (const subject of subjects) subject.namespace = namespace;
    if (kind !== 'Job') continue;
    metadata.name = job;
    const [container] = spec!.template.spec.containers;
    container!.image = images.evenkeel;
    // A machine that starts pods answers late; that is not what is asked here.
    const patient = [...container!.args, '--deadline=30s'];
    container!.args = patient.map((arg) => replace(arg.replace('orders.shop:grpc', `${service}.${namespace}:grpc`)));
  }
  return listOf(manifests);
}

suite('the probe in a cluster', { skip, timeout: 300_000 }, () => {
  let namespace = '';
  let kubectl: Kubectl;

  before(async () => {
    ({ name: namespace, kubectl } = await createNamespace('ek-probe'));
    await kubectl(['apply', '-f', '-'], listOf(echoBackends(namespace, 3)));
    await kubectl(['rollout', 'status', `deployment/${backend}`, '--timeout=3m']);
  });
  after(() => deleteNamespace(namespace));

  /** Runs the Job until it has ended as it should; the last line of its log. */
  async function lastWords(
    job: string,
    ended: 'Complete' | 'Failed',
    replace: (arg: string) => string,
  ): Promise<string> {
    await kubectl(['apply', '-f', '-'], gateOf(namespace, job, replace));
    await kubectl(['wait', `--for=condition=${ended}`, '--timeout=2m', `job/${job}`]);
    const log = await kubectl(['logs', `job/${job}`]);
    return log.trimEnd().split('\n\n').at(-1)!.replaceAll('\n', ' ');
  }

  const fewer = (arg: string): string => arg.replace('--calls=3000', '--calls=300').replace('--rate=300', '--rate=100');

  test('kubernetes:/// knows from the EndpointSlices who ought to answer', async () => {
    const load = ['--rate', '100', '--calls', '300', '--deadline', '30s', '--json'];
    const target = `kubernetes:///${service}.${namespace}:grpc`;
    for (const [policy, verdict] of [
      ['round_robin', 'balanced'],
      ['pick_first', 'pinned'],
    ] as const) {
      const { stdout } = await promisify(execFile)(process.execPath, [
        ...[join(root, 'src/cli/main.ts'), 'probe', target, '--policy', policy],
        ...load,
      ]);
      const { backends, ...report } = probeReportSchema.parse(JSON.parse(stdout));
      assert.deepEqual([report.verdict, backends.source, backends.expected], [verdict, 'endpointslices', 3], policy);
      assert.equal(report.identifier.by, 'peer');
      assert.equal(report.failed, 0, JSON.stringify(report.failures));
    }
  });

  test('the gate of docs/gate.md completes as a Job where traffic is even', async () => {
    assert.equal(await lastWords('even', 'Complete', fewer), 'gate passed: balanced; at most 0 calls fail');
  });

  test('it fails where traffic is not, and its last words are the reason', async () => {
    const uneven = (arg: string): string => fewer(arg).replace('round_robin', 'pick_first');
    assert.match(
      await lastWords('uneven', 'Failed', uneven),
      /^gate failed: expected balanced, saw pinned, one of 3 backends answered every call; \S+ and \S+ got no call$/,
    );
  });
});
