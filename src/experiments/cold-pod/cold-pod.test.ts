import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMeasured } from '../../probe/is-measured.ts';
import type { FleetCall } from '../fleet/protocol.ts';
import { runExperiment } from '../testing/run-experiment.ts';
import { lineAt, sharesByAge } from './ages.ts';
import { concludeColdPod } from './conclude.ts';
import { parseColdPod } from './options.ts';
import { coldPodPage } from './page.ts';
import { type ColdPodRow, coldPodSchema } from './report.ts';

test('flags that will not do are named', () => {
  for (const [raw, field] of [
    [{ pods: '1' }, '--pods'],
    [{ cold: '0' }, '--cold'],
    [{ slowStart: '30s' }, '--slow-start'],
  ] as const) {
    assert.throws(() => parseColdPod(raw), { code: 'EK_USAGE', location: { field } }, field);
  }
});

test('the line goes from a tenth to a full share', () => {
  assert.deepEqual([lineAt(0, 30_000), lineAt(15_000, 30_000), lineAt(60_000, 30_000)], [0.1, 0.55, 1]);
});

test('what new pods got is told by their age, beside pods that were warm at that time', () => {
  const calls = (pod: string, from: number, to: number, every: number): FleetCall[] =>
    Array.from({ length: (to - from) / every }, (_, index) => {
      const sentAt = from + index * every;
      return { client: 0, pod, status: 'OK', sentAt, dueAt: sentAt, endedAt: sentAt };
    });
  const all = [
    ...calls('old', 0, 3_000, 10),
    // At 1 s a new one: a tenth, then a half.
    ...calls('new', 1_000, 2_000, 100),
    ...calls('new', 2_000, 3_000, 20),
    // It left before the new one had an age, so it is no measure.
    ...calls('gone', 0, 1_500, 1),
  ];
  const pods = [
    { name: 'old', readyAt: undefined, leftAt: undefined },
    { name: 'gone', readyAt: undefined, leftAt: 1_500 },
    { name: 'new', readyAt: 1_000, leftAt: undefined },
  ];
  assert.deepEqual(
    sharesByAge(all, pods, 2_000, 2).map(({ ageMs, calls, share, line }) => [ageMs, calls, share, line.toFixed(3)]),
    [
      [500, 10, 0.1, '0.325'],
      [1_500, 50, 0.5, '0.775'],
    ],
  );
});

test('the conclusion compares the rollout with the steady time', () => {
  const row = (variant: ColdPodRow['variant'], rolloutP99Ms: number): ColdPodRow => ({
    ...{ variant, status: 'ok', calls: 100, failed: 0, failures: {}, steadyP50Ms: 20, steadyP99Ms: 100 },
    ...{ rolloutP50Ms: 30, rolloutP99Ms, ages: [{ ageMs: 500, calls: 9, share: 0.2, line: 0.145 }] },
  });
  assert.equal(
    concludeColdPod([row('without', 1_500), row('with slow start', 110)], false),
    'Without slow start the p99 of the rollout is 15.00 times the steady one, 0 calls lost. ' +
      'With slow start the p99 of the rollout is 1.10 times the steady one, 0 calls lost, new pods at most 6 points off the line.',
  );
  assert.match(concludeColdPod([], true), /^Nothing was measured\. The run was ended/);
});

// How much a slow start saves is measured by a longer run; here the whole way is gone, from the pods to the page.
test('all pods are replaced under calls of real clients, with and without', { timeout: 300_000 }, async () => {
  const { code, stdout, stderr } = await runExperiment([
    ...['cold-pod', '--json', '--pods', '2', '--clients', '2', '--rate', '20', '--latency', '1', '--cold', '1'],
    ...['--warm-up', '1', '--slow-start', '1', '--each', '1', '--steady', '1', '--deadline', '60000'],
  ]);
  assert.equal(code, 0, stderr);
  const report = coldPodSchema.parse(JSON.parse(stdout));
  const rows = report.rows.filter(isMeasured);
  assert.deepEqual(
    rows.map(({ variant }) => variant),
    ['without', 'with slow start'],
  );
  for (const row of rows) {
    assert.ok(row.calls > 0 && row.failed < row.calls / 2, JSON.stringify(row));
    assert.ok(row.steadyP99Ms! >= row.steadyP50Ms!, JSON.stringify(row));
    assert.equal(row.ages.length, 10);
  }
  assert.match(coldPodPage(report), /with slow start/);
});
