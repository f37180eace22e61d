import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findEnvoy } from '../../base/find-envoy.ts';
import { runExperiment } from '../testing/run-experiment.ts';
import { parseSlowPod } from './options.ts';
import { deadlineOf, policies } from './policies.ts';
import { type MeasuredSlowPod, slowPodSchema } from './report.ts';

test('flags that will not do are named', () => {
  for (const [raw, field] of [
    [{ pods: '2' }, '--pods'],
    [{ latency: 'slow' }, '--latency'],
    [{ slower: '1' }, '--slower'],
    [{ calls: '10' }, '--calls'],
  ] as const) {
    assert.throws(() => parseSlowPod(raw), { code: 'EK_USAGE', location: { field } }, field);
  }
});

test('a short deadline lies between the two kinds of pods, a patient one beyond both', () => {
  const options = parseSlowPod({});
  for (const policy of policies) {
    const deadline = deadlineOf(policy, options);
    const slow = options.latencyMs * options.slower;
    assert.ok(policy.patience === 'patient' ? deadline > slow : deadline > options.latencyMs && deadline < slow);
  }
});

test('round robin gives a slow pod its turn; who counts failures or calls in flight does not', {
  timeout: 300_000,
}, async () => {
  // Far apart, so that a busy machine makes no ordinary pod look slow.
  const slow = ['--pods', '3', '--latency', '100', '--slower', '20', '--calls', '180', '--rate', '60'];
  const { code, stdout, stderr } = await runExperiment(['slow-pod', ...slow, '--json']);
  assert.equal(code, 0, stderr);
  const { rows } = slowPodSchema.parse(JSON.parse(stdout));
  const [roundRobin, outlier, impatient, ejecting, proxy, least] = rows as MeasuredSlowPod[];
  for (const row of [roundRobin, outlier, impatient])
    assert.ok(Math.abs(row!.sentToSlow - 60) <= 3, JSON.stringify(row));
  assert.ok(roundRobin!.p99Ms! >= 1900, 'its answers take what they take');
  assert.ok(impatient!.failed >= impatient!.sentToSlow, JSON.stringify(impatient));
  assert.ok(ejecting!.sentToSlow < 45, JSON.stringify(ejecting));
  if ((await findEnvoy()) === undefined) return;
  assert.ok(Math.abs(proxy!.sentToSlow - 60) <= 3, JSON.stringify(proxy));
  assert.ok(least!.sentToSlow < 45, JSON.stringify(least));
});
