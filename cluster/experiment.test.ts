// evenkeel experiment against the cluster of the current kubeconfig.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ChangeReport, changeSchema, type MeasuredRow } from '../src/experiments/change/report.ts';
import { connectionAgeSchema } from '../src/experiments/connection-age/report.ts';
import { images, withoutCluster } from './support/cluster.ts';
import { evenkeel, kubectl } from './support/run.ts';

const skip = withoutCluster();
const folder = mkdtempSync(join(tmpdir(), 'evenkeel-experiment-'));
after(() => rmSync(folder, { recursive: true }));

const prefix = 'ek-test-experiment';
const go = images.clients === undefined ? [] : ['--go-client-image', images.clients];
// A machine that starts pods answers late; that is not what is asked here.
const common = ['--kubernetes', '--image', images.evenkeel, '--namespace-prefix', prefix, '--deadline', '10000'];
const calls = ['--pods', '2', '--rate', '20', '--clients', 'grpc-js,grpc-go', ...go];

async function measure(...args: string[]): Promise<ChangeReport> {
  const { code, stdout, stderr } = await evenkeel(['experiment', ...args, ...common, ...calls, '--json']);
  assert.equal(code, 0, stderr);
  const report = changeSchema.parse(JSON.parse(stdout));
  assert.deepEqual([report.conditions.environment, report.conditions.endpointDelayMs], ['kubernetes', null]);
  const left = await kubectl(['get', 'namespaces', '-l', 'evenkeel.dev/prove=true', '-o', 'name']);
  assert.doesNotMatch(left, new RegExp(`namespace/${prefix}-`));
  return report;
}

const rowsOf = (report: ChangeReport): string[] =>
  report.rows.map((row) => {
    if (row.status !== 'ok') return `${row.scheme} ${row.client} ${row.status}`;
    return `${row.scheme} ${row.client} ${row.convergedMs === null ? 'not in time' : 'followed'}`;
  });

test('scale-out: clients of DNS stay with the old pods, xds:/// finds the new ones', {
  skip,
  timeout: 400_000,
}, async () => {
  const html = join(folder, 'scale-out.html');
  const schemes = ['--schemes', 'headless-round-robin,xds', '--scale-to', '3'];
  const report = await measure('scale-out', ...schemes, '--html', html);
  const ofGo = (told: string): string => (images.clients === undefined ? 'skipped' : told);
  assert.deepEqual(rowsOf(report), [
    'headless-round-robin grpc-js not in time',
    `headless-round-robin grpc-go ${ofGo('not in time')}`,
    'xds grpc-js followed',
    `xds grpc-go ${ofGo('followed')}`,
  ]);
  assert.match(readFileSync(html, 'utf8'), /2 → 3 pods in a Kubernetes cluster/);
});

test('rolling-update: xds:/// loses no call where pods drain', { skip, timeout: 400_000 }, async (t) => {
  const report = await measure('rolling-update', '--plain', '--schemes', 'xds');
  for (const row of report.rows) {
    if (row.status !== 'ok') {
      assert.deepEqual([row.client, row.status, images.clients], ['grpc-go', 'skipped', undefined], row.reason);
      continue;
    }
    const { client, calls: made, failed, onOldPods } = row as MeasuredRow;
    t.diagnostic(`${client}: ${made} calls, ${failed} failed, ${onOldPods.answered} to old pods`);
    assert.deepEqual(row.failures, {}, client);
  }
});

test('connection-age: pods are told another age for each row, and xds:/// needs none', {
  skip,
  timeout: 400_000,
}, async (t) => {
  const { code, stdout, stderr } = await evenkeel([
    ...['experiment', 'connection-age', '--kubernetes', '--image', images.evenkeel, '--namespace-prefix', prefix],
    ...['--ages', '2s', '--pods', '2', '--scale-to', '3', '--clients', '2', '--rate', '10', '--dns-interval', '1s'],
    '--json',
  ]);
  assert.equal(code, 0, stderr);
  const { conditions, rows } = connectionAgeSchema.parse(JSON.parse(stdout));
  assert.deepEqual([conditions.environment, conditions.scale], ['kubernetes', 1]);
  const [aged, never, xds] = rows;
  t.diagnostic(rows.map(({ reconnects, convergedMs }) => `${reconnects}: ${convergedMs.join(', ')} ms`).join('; '));
  assert.deepEqual([aged?.ageMs, aged?.longCall?.status], [2000, 'OK']);
  assert.ok(aged!.reconnects > 0, 'connections are closed by their age');
  assert.equal(never?.reconnects, 0);
  assert.deepEqual([xds?.client, xds?.reconnects], ['xds', 0]);
  assert.ok(
    xds!.convergedMs.every((one) => one !== null),
    'every client of xds:/// finds the new pod',
  );
});

test('what only a lab can do is refused before anything is made', { skip }, async () => {
  const { code, stderr } = await evenkeel(['experiment', 'slow-pod', '--kubernetes']);
  assert.equal(code, 2);
  assert.match(stderr, /EK_EXPERIMENT_LAB_ONLY: slow-pod is measured in a lab only/);
});
