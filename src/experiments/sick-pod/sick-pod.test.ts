import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findGoClient } from '../../probe/client/find-go-client.ts';
import { isMeasured } from '../../probe/is-measured.ts';
import { runExperiment } from '../testing/run-experiment.ts';
import { concludeSickPod } from './conclude.ts';
import { parseSickPod } from './options.ts';
import { type MeasuredSickPod, type SickPodRow, sickPodSchema } from './report.ts';

test('flags that will not do are named', () => {
  for (const [raw, field] of [
    [{ pods: '2' }, '--pods'],
    [{ clients: 'grpc-c' }, '--clients'],
    [{ sicknesses: 'cold' }, '--sicknesses'],
    [{ protections: 'load reports,hope' }, '--protections'],
  ] as const) {
    assert.throws(() => parseSickPod(raw), { code: 'EK_USAGE', location: { field } }, field);
  }
  assert.deepEqual(parseSickPod({ sicknesses: 'slow, frozen' }).sicknesses, ['frozen', 'slow']);
});

test('the conclusion adds up all clients', () => {
  const row = (failed: number, more: Partial<MeasuredSickPod> = {}): SickPodRow => ({
    ...{ sickness: 'frozen', protection: 'nothing', client: 'grpc-js', status: 'ok', calls: 100, failed },
    ...{ failures: {}, sentToSick: failed, leftAfterMs: null, p99OfAllMs: 1, ...more },
  });
  assert.equal(
    concludeSickPod([row(20), row(21, { client: 'grpc-go' }), row(3, { protection: 'load reports' })], false),
    'frozen: of 200 calls failed 41 with nothing, 3 with load reports.',
  );
  assert.match(concludeSickPod([], true), /^Nothing was measured\. The run was ended/);
});

async function measure(args: readonly string[]): Promise<(sickness: string, protection: string) => MeasuredSickPod[]> {
  const { code, stdout, stderr } = await runExperiment(['sick-pod', '--json', ...args]);
  assert.equal(code, 0, stderr);
  const rows = sickPodSchema.parse(JSON.parse(stdout)).rows.filter(isMeasured);
  return (sickness, protection) =>
    rows.filter((row) => row.sickness === sickness && row.protection === protection && row.calls > 0);
}

const total = (rows: readonly MeasuredSickPod[], key: 'failed' | 'sentToSick' | 'calls'): number =>
  rows.reduce((sum, row) => sum + row[key], 0);

// Real clients of grpc-js, and of grpc-go where it is built: four of a fleet, 100 calls a second, one report a second.
test('by the word of its callers a frozen or failing pod is left by all of them, and a slow one is not', {
  timeout: 300_000,
}, async () => {
  const goClient = await findGoClient({ ...process.env, EVENKEEL_REQUIRE: '' });
  const rows = await measure([
    ...['--sicknesses', 'frozen,errors,slow', '--protections', 'nothing,load reports', '--seconds', '12'],
    ...['--clients', goClient === undefined ? 'grpc-js' : 'grpc-js,grpc-go'],
  ]);
  for (const sickness of ['frozen', 'errors'] as const) {
    const [nothing, reports] = [rows(sickness, 'nothing'), rows(sickness, 'load reports')];
    assert.ok(nothing.length > 0 && nothing.length === reports.length);
    for (const row of nothing) assert.equal(row.leftAfterMs, null, JSON.stringify(row));
    for (const row of reports) assert.notEqual(row.leftAfterMs, null, JSON.stringify(row));
    // Two reports of twelve seconds; a busy machine has more.
    assert.ok(total(reports, 'failed') < total(nothing, 'failed') / 2, JSON.stringify([...nothing, ...reports]));
    assert.ok(total(reports, 'failed') > 0, 'somebody has to lose a call');
  }
  for (const row of rows('slow', 'load reports')) {
    assert.equal(row.leftAfterMs, null, JSON.stringify(row));
    assert.ok(Math.abs(row.sentToSick - row.calls / 5) <= row.calls / 20, JSON.stringify(row));
  }
});

test('callers for whom every call fails eject nothing', { timeout: 120_000 }, async () => {
  // Nobody waits as long as a call takes.
  const rows = await measure([
    ...['--sicknesses', 'frozen', '--protections', 'load reports', '--seconds', '10'],
    ...['--latency', '300', '--deadline', '100', '--clients', 'grpc-js'],
  ]);
  for (const row of rows('frozen', 'load reports')) {
    assert.equal(row.failed, row.calls, JSON.stringify(row));
    assert.equal(row.leftAfterMs, null, JSON.stringify(row));
  }
});
