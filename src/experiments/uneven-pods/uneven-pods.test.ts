import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMeasured } from '../../probe/is-measured.ts';
import type { FleetCall } from '../fleet/protocol.ts';
import { runExperiment } from '../testing/run-experiment.ts';
import { concludeUnevenPods } from './conclude.ts';
import { parseUnevenPods } from './options.ts';
import { unevenPodsPage } from './page.ts';
import { type UnevenPodsRow, unevenPodsSchema } from './report.ts';
import { underWay } from './under-way.ts';

test('flags that will not do are named', () => {
  for (const [raw, field] of [
    [{ pods: '1' }, '--pods'],
    [{ pods: '3', slow: '3' }, '--slow'],
    [{ slower: '1' }, '--slower'],
    [{ ways: 'turns,hope' }, '--ways'],
    [{ window: '30', seconds: '20' }, '--seconds'],
  ] as const) {
    assert.throws(() => parseUnevenPods(raw), { code: 'EK_USAGE', location: { field } }, field);
  }
  assert.equal(parseUnevenPods({ window: '20', seconds: '50' }).lastsMs, 40_000);
});

test('a call is under way in each window that it takes time of', () => {
  const call = (pod: string, sentAt: number, endedAt: number): FleetCall => ({
    ...{ client: 0, pod, status: 'OK', sentAt, dueAt: sentAt, endedAt },
  });
  const calls = [call('a', 900, 1_500), call('a', 1_900, 2_400), call('b', 1_100, 1_200), call('b', 2_900, 3_900)];
  assert.deepEqual(underWay(calls, ['a', 'b'], { fromMs: 1_000, windowMs: 1_000, count: 2 }), [
    { fromMs: 0, underWay: [0.6, 0.1], busiest: 1.2 / 0.7 },
    { fromMs: 1_000, underWay: [0.4, 0.1], busiest: 1.6 },
  ]);
});

test('the conclusion says what it was at first, and after a minute', () => {
  const window = (fromMs: number, busiest: number) => ({ fromMs, underWay: [], busiest });
  const row: UnevenPodsRow = {
    ...{ way: 'work', status: 'ok', calls: 10, failed: 1, failures: {}, p50Ms: 1, p99Ms: 2, afterMinute: 1.05 },
    windows: [window(0, 1.4), window(30_000, 1.2), window(60_000, 1.08), window(90_000, 1.04)],
  };
  assert.equal(
    concludeUnevenPods([row], false),
    'Calls under way at the busiest pod, of the mean: work 1.40 at first, 1.05 after a minute (1.08 at most), 1 lost.',
  );
  assert.match(concludeUnevenPods([], true), /^Nothing was measured\. The run was ended/);
});

// How even work gets takes a minute; here the whole way is gone, from the pods to the page.
test('pods of two kinds are called in every way that there is', { timeout: 300_000 }, async () => {
  const { code, stdout, stderr } = await runExperiment([
    ...['uneven-pods', '--json', '--pods', '2', '--slow', '1', '--slower', '4', '--latency', '20', '--clients', '1'],
    ...['--rate', '40', '--deadline', '60000', '--window', '1', '--seconds', '2'],
  ]);
  assert.equal(code, 0, stderr);
  const report = unevenPodsSchema.parse(JSON.parse(stdout));
  const rows = report.rows.filter(isMeasured);
  assert.deepEqual(
    report.rows.map(({ way }) => way),
    ['turns', 'work', 'least request'],
  );
  for (const { way, status } of report.rows) assert.ok(status === 'ok' || way === 'least request', way);
  for (const row of rows) {
    assert.ok(row.calls > 0 && row.failed < row.calls / 2, JSON.stringify(row));
    assert.equal(row.windows.length, 2);
  }
  assert.match(unevenPodsPage(report), /balance: work/);
});
