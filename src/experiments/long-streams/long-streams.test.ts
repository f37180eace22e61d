import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { isMeasured } from '../../probe/is-measured.ts';
import type { FleetCall } from '../fleet/protocol.ts';
import { runExperiment } from '../testing/run-experiment.ts';
import { concludeLongStreams } from './conclude.ts';
import { parseLongStreams } from './options.ts';
import { longStreamsPage } from './page.ts';
import { printLongStreams } from './print.ts';
import { longStreamsSchema, remedies } from './report.ts';
import { tally } from './tally.ts';

const docs = resolve(import.meta.dirname, '..', '..', '..', 'docs');
const report = longStreamsSchema.parse(JSON.parse(readFileSync(resolve(docs, 'long-streams.json'), 'utf8')));

test('flags that will not do are named', () => {
  for (const [raw, field] of [
    [{ scaleTo: '3' }, '--scale-to'],
    [{ streams: '7', clients: '2' }, '--streams'],
    [{ maxDuration: '30s' }, '--max-duration'],
    [{ lasts: 'long' }, '--lasts'],
    [{ scale: '0' }, '--scale'],
  ] as const) {
    assert.throws(() => parseLongStreams(raw), { code: 'EK_USAGE', location: { field } }, field);
  }
});

const stream = (pod: string, sentAt: number, endedAt: number, status = 'OK'): FleetCall => ({
  ...{ client: 0, dueAt: sentAt - 1, sentAt, endedAt, status, pod },
});

test('streams are counted by pod and by how they ended, since the new pods were ready', () => {
  const pods = ['a', 'b'].map((name) => ({ name, address: `${name}:1`, isNew: name === 'b' }));
  const calls = [
    stream('a', 0, 1_000),
    stream('a', 0, 1_500, 'DEADLINE_EXCEEDED'),
    // What became of the two.
    stream('b', 1_010, 9_999, 'CANCELLED'),
    stream('a', 1_500, 9_999, 'CANCELLED'),
    // It ended before the new pod was ready.
    stream('a', 0, 400, 'UNAVAILABLE'),
  ];
  const connections = [
    { peer: 'a:1', openedAt: 0 },
    { peer: 'b:1', openedAt: 900 },
    { peer: 'a:1', openedAt: 950 },
    { peer: 'control-plane:1', openedAt: 960 },
  ];
  const row = tally({ calls, connections, pods, clients: 1 }, { scaleOutAt: 300, readyAt: 500, endAt: 2_500 }, 3_600);
  assert.deepEqual([row.before, row.after, row.opened], [[3], [1, 1], 2]);
  assert.deepEqual(row.ended, { OK: 1, DEADLINE_EXCEEDED: 1 });
  // Two hours of three streams, one of which was ended.
  assert.equal(row.endedEarlyPerHour, 0.17);
  assert.equal(row.reconnects, 1);
  assert.equal(row.reopenedP99Ms, 1);
  assert.deepEqual([row.busiest[0]!.ratio, row.busiest.at(-1)!.ratio], [2, 1]);
  assert.equal(row.evenAfterMs, 1_860_000);
  assert.equal(row.evenRatio, 1);
});

test('what never gets even says so', () => {
  const pods = ['a', 'b'].map((name) => ({ name, address: `${name}:1`, isNew: name === 'b' }));
  const row = tally(
    { calls: [stream('a', 0, 9_999)], connections: [], pods, clients: 1 },
    { scaleOutAt: 1, readyAt: 2, endAt: 100 },
    1,
  );
  assert.deepEqual([row.evenAfterMs, row.evenRatio, row.after], [null, null, [1, 0]]);
  assert.match(
    concludeLongStreams([{ remedy: 'age', status: 'ok', ...row }], true),
    /^With an age whose grace has no end pods are not even in time; no stream ends early, 0 reconnects\. The run was ended/,
  );
});

test('docs/long-streams.html is the page of the run in docs, and its table fits the terminal', (t) => {
  t.assert.fileSnapshot(longStreamsPage(report), resolve(docs, 'long-streams.html'), { serializers: [String] });
  for (const line of printLongStreams(report, false).split('\n')) assert.ok(line.length <= 80, line);
});

test('docs/long-streams.md shows the table of that run', () => {
  const table = printLongStreams(report, false).split('\n\n')[1]!;
  assert.ok(readFileSync(resolve(docs, 'long-streams.md'), 'utf8').includes(table));
});

// How soon it is even is measured by a longer run; here the whole way is gone, from the pods to the report.
test('streams of real clients end as each remedy says', { timeout: 300_000 }, async () => {
  const { code, stdout, stderr } = await runExperiment([
    ...['long-streams', '--json', '--streams', '4', '--clients', '2', '--pods', '1', '--scale-to', '2'],
    ...['--lasts', '6s', '--max-duration', '1s', '--age', '1s', '--grace', '1s', '--scale', '1'],
  ]);
  assert.equal(code, 0, stderr);
  const { rows } = longStreamsSchema.parse(JSON.parse(stdout));
  const measured = rows.filter(isMeasured);
  assert.deepEqual(
    measured.map(({ remedy }) => remedy),
    remedies,
  );
  const [nothing, duration, age, grace] = measured;
  assert.equal(nothing!.endedEarlyPerHour, 0, JSON.stringify(nothing!.ended));
  assert.ok(duration!.ended.DEADLINE_EXCEEDED! > 0, JSON.stringify(duration!.ended));
  assert.equal(age!.endedEarlyPerHour, 0, JSON.stringify(age!.ended));
  assert.ok(grace!.endedEarlyPerHour > 0, JSON.stringify(grace!.ended));
  assert.ok(age!.reconnects > 0 && grace!.reconnects > 0);
});
