import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countCauses } from '../../verdict/cause.ts';
import { concludeChange } from './conclude.ts';
import { changePage } from './page.ts';
import { printChange } from './print.ts';
import { type ChangeReport, changeSchema, type ExperimentRow } from './report.ts';

function row(scheme: string, more: Partial<Extract<ExperimentRow, { status: 'ok' }>> = {}): ExperimentRow {
  return {
    ...{
      variant: null,
      client: 'grpc-js',
      scheme,
      status: 'ok',
      convergedMs: 120,
      calls: 500,
      failed: 0,
      failures: {},
    },
    ...{
      causes: countCauses([]),
      onOldPods: { answered: 3, failed: 0 },
      p99Ms: 4.25,
      p99OfAllMs: 4.25,
      why: 'it was told',
    },
    ...more,
  };
}

const skipped: ExperimentRow = {
  ...{ variant: null, client: 'grpc-js', scheme: 'l7-envoy', status: 'skipped', reason: 'There is no Envoy. Get one.' },
};
const lossy = row('headless-round-robin', {
  ...{ convergedMs: null, failed: 3, failures: { UNAVAILABLE: 3 } },
  causes: countCauses([{ cause: 'goaway' }, { cause: 'goaway' }, { cause: 'cut' }]),
});

test('who followed, who did not, and what it cost', () => {
  assert.equal(
    concludeChange('scale-out', [row('xds'), lossy, skipped], false),
    'xds found the new pods soonest, after 120 ms. Not in time: headless-round-robin. ' +
      '3 calls failed in 1 of 2 rows, most (3) in headless-round-robin; none in the other 1.',
  );
  assert.equal(concludeChange('rolling-update', [row('xds')], false), 'No call failed.');
  assert.match(
    concludeChange('scale-out', [row('xds', { client: 'grpc-go', convergedMs: 90 }), row('xds')], false),
    /^xds \(grpc-go\) found the new pods soonest, after 90 ms\./,
  );
  assert.equal(concludeChange('scale-in', [skipped], false), 'Nothing was measured.');
  assert.match(concludeChange('scale-in', [row('xds')], true), /ended before everything was measured\.$/);
});

test('table and page say the same, and what was not measured', () => {
  const rows = [row('xds', { variant: 'drains not' }), { ...lossy, variant: 'drains <2> s' }, skipped];
  const report: ChangeReport = {
    ...{ schemaVersion: 1, kind: 'rolling-update', startedAt: '2026-01-01T00:00:00.000Z', durationMs: 1, rows },
    conditions: {
      ...{ versions: { evenkeel: '0' }, machine: { os: 'x', cpus: 2, memoryMiB: 1 }, seed: 1, from: 3, to: 3 },
      environment: 'lab',
      ...{ endpointDelayMs: 1000, clientDnsMs: 2000, ratePerSecond: 100, deadlineMs: 1000 },
    },
    ...{ interrupted: false, conclusion: 'So it is.' },
  };
  changeSchema.parse(report);
  const lines = printChange(report, false).split('\n');
  assert.equal(lines[0], 'What a rolling update costs  (3 pods, 100 calls/s by each client)');
  assert.match(lines[4]!, /^drains <2> s +headless-round-robin +grpc-js +500 +3 +4\.3 +3$/);
  assert.equal(lines[5], 'headless-round-robin, drains <2> s: lost to GOAWAY race 2, cut while it stayed 1');
  assert.equal(lines[6], 'l7-envoy  grpc-js  skipped: There is no Envoy. Get one.');
  assert.doesNotMatch(printChange(report, false), /transparent retries/);
  const withGo = { ...report, rows: [row('xds', { client: 'grpc-go' })] };
  assert.match(printChange(withGo, false).replaceAll('\n', ' '), /grpc-go has no switch for transparent retries/);
  assert.match(changePage(withGo), /grpc-go has no switch for transparent retries/);
  const page = changePage(report);
  assert.match(page, /cut while it stayed 1/);
  assert.doesNotMatch(page, /<2>|<script/);
});
