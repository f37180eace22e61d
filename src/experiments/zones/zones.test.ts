import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMeasured } from '../../probe/is-measured.ts';
import type { FleetCall } from '../fleet/protocol.ts';
import { runExperiment } from '../testing/run-experiment.ts';
import { concludeZones } from './conclude.ts';
import { parseZones } from './options.ts';
import { zonesPage } from './page.ts';
import { byPriority } from './priorities.ts';
import { type ZonesRow, zonesSchema } from './report.ts';
import { clientsOfZones, leastAway, tally } from './tally.ts';

test('flags that will not do are named', () => {
  for (const [raw, field] of [
    [{ pods: '5,4' }, '--pods'],
    [{ pods: '5,0,2' }, '--pods'],
    [{ callers: '60,30,20' }, '--callers'],
    [{ clients: '60,2' }, '--clients'],
    [{ ways: 'evenkeel,hope' }, '--ways'],
  ] as const) {
    assert.throws(() => parseZones(raw), { code: 'EK_USAGE', location: { field } }, field);
  }
  assert.deepEqual(parseZones({ ways: 'evenkeel, no zones' }).ways, ['no zones', 'evenkeel']);
});

test('each zone has clients by its share of the calls, one at least', () => {
  assert.deepEqual(clientsOfZones(60, [60, 30, 10]), [36, 18, 6]);
  assert.deepEqual(clientsOfZones(4, [60, 30, 10]), [2, 1, 1]);
  assert.deepEqual(clientsOfZones(3, [60, 30, 10]), [1, 1, 1]);
});

test('what has to leave a zone is what its pods do not have room for', () => {
  assert.equal(leastAway([5, 4, 2], [60, 30, 10]).toFixed(3), '0.145');
  assert.equal(leastAway([0, 4, 2], [60, 30, 10]).toFixed(3), '0.600');
});

test('calls of a span are counted by pod and by whether they left their zone', () => {
  const call = (client: number, pod: string, sentAt: number, status = 'OK'): FleetCall => ({
    ...{ client, pod, status, sentAt, dueAt: sentAt, endedAt: sentAt },
  });
  const calls = [call(0, 'a', 0), call(0, 'a', 10), call(0, 'b', 11), call(1, 'b', 12), call(1, 'b', 13, 'CANCELLED')];
  const zoneOfPod = new Map([
    ['a', 0],
    ['b', 1],
  ]);
  const lost = [call(0, '', 4, 'UNAVAILABLE'), call(0, '', 6, 'UNAVAILABLE')];
  const span = { sinceMs: 5, fromMs: 10, toMs: 20, pods: [1, 1] };
  const { answered, busiest, away, failed } = tally([...lost, ...calls], span, [0, 1], zoneOfPod, [50, 50]);
  assert.deepEqual([answered, busiest?.toFixed(2), away?.toFixed(2), failed], [3, '1.33', '0.33', 2]);
});

test('priorities have no gap when the own zone has lost its pods', () => {
  const pods = [
    { zone: 'a', addresses: [] },
    { zone: 'b', addresses: ['127.0.0.1'] },
  ];
  const priorities = (own: string) => byPriority(own, pods, 1).map(({ zone, priority }) => [zone, priority]);
  assert.deepEqual(priorities('a'), [['b', 0]]);
  assert.deepEqual(priorities('b'), [['b', 0]]);
  assert.deepEqual(byPriority('b', [{ zone: 'a', addresses: ['127.0.0.2'] }, pods[1]!], 1)[0]?.priority, 1);
});

test('the conclusion names what each way came to', () => {
  const stage = { pods: 11, answered: 100, busiest: 1.021, away: 0.152, failed: 0, leastAway: 0.1454 };
  const row: ZonesRow = {
    ...{ way: 'evenkeel', clients: 60, status: 'ok', calls: 200, failed: 0, failures: {} },
    stages: [stage, { ...stage, pods: 10, busiest: 1.043 }],
  };
  assert.equal(
    concludeZones([row], false),
    '60 clients, busiest pod of the mean, calls away (14.5 % at the least): evenkeel 1.02, up to 1.04 while pods go, 15.2 %, 0 lost.',
  );
  assert.match(concludeZones([], true), /^Nothing was measured\. The run was ended/);
});

test('a run that cannot start its Envoys ends, with nothing left open', { timeout: 120_000 }, async () => {
  const flags = ['--pods', '1,1', '--callers', '75,25', '--clients', '2', '--ways', 'priorities,envoy'];
  const { code, stderr } = await runExperiment(['zones', ...flags], { EVENKEEL_ENVOY: '/no/envoy' });
  assert.equal(code, 2, stderr);
  assert.match(stderr, /^error EK_USAGE: \/no\/envoy is not a program/m);
});

// That no call is lost is held elsewhere, with time to drain; here the whole way is gone, from the pods to the page.
test('real clients are counted zone by zone while a zone loses its pods', { timeout: 300_000 }, async () => {
  const { code, stdout, stderr } = await runExperiment([
    ...['zones', '--json', '--pods', '1,1', '--callers', '75,25', '--clients', '2'],
    ...['--rate', '20', '--deadline', '60000'],
    ...['--ways', 'no zones,priorities,evenkeel', '--settle', '1', '--steady', '1', '--each', '1'],
  ]);
  assert.equal(code, 0, stderr);
  const report = zonesSchema.parse(JSON.parse(stdout));
  const rows = report.rows.filter(isMeasured);
  assert.equal(rows.length, 3);
  for (const row of rows) {
    assert.ok(row.failed < row.calls / 2, JSON.stringify(row));
    assert.deepEqual(
      row.stages.map(({ pods }) => pods),
      [2, 1],
    );
  }
  assert.equal(rows.find(({ way }) => way === 'priorities')?.stages[0]?.away, 0);
  assert.match(zonesPage(report), /evenkeel, 2 clients/);
});
