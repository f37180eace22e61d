import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chart } from './chart.ts';
import { barsOf, caseReport, format, formatCase } from './report.ts';
import { median, type ServerResult, type Turn } from './result.ts';

function turn(lastMs: number, others: Partial<Turn> = {}): Turn {
  return {
    firstMs: lastMs / 10,
    p50Ms: lastMs / 2,
    p99Ms: lastMs,
    lastMs,
    cpuMs: 2 * lastMs,
    driverCpuMs: lastMs,
    responses: 10,
    messageBytes: 1000,
    wireBytes: 1100,
    useless: 0,
    uninvolved: 0,
    ...others,
  };
}

function server(name: string, lastMs: readonly number[], others: Partial<Turn> = {}): ServerResult {
  const memory = { idleKiB: 1000, connectedKiB: 1500, endKiB: 2000 };
  return { name, turns: lastMs.map((ms) => turn(ms, others)), memory, exact: 10 };
}

function reportOf(...servers: ServerResult[]) {
  const about = { name: 'change-100', title: 'a case', clients: 10, othersCpuPercent: 40 };
  return caseReport(about, { differing: [], servers });
}

test('the median of an even number of values lies between the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([1, 10, 2, 4]), 3);
});

test('a case is summarized by medians and memory by client', () => {
  const [linear] = reportOf(server('linear', [30, 10, 20])).summaries;
  assert.equal(linear?.lastMs, 20);
  assert.equal(linear?.rounds, 3);
  assert.equal(linear?.kibPerClient, 100);
});

test('bars are met or not by what was measured', () => {
  const report = reportOf(
    server('linear', [30]),
    server('snapshot', [50]),
    server('evenkeel', [20], { useless: 3, cpuMs: 61 }),
  );
  const failed = barsOf(report).filter(({ met }) => !met);
  assert.deepEqual(
    failed.map(({ text }) => text),
    [
      'less CPU than LinearCache, ms: 61 against 60',
      'resources sent that had not changed: 3 against 0',
      '3× faster than SnapshotCache, ms: 20 against 16.7',
    ],
  );
});

test('the text shows ratios against LinearCache and says when the machine was not quiet', () => {
  const text = formatCase(reportOf(server('linear', [30]), server('evenkeel', [20])));
  assert.match(text, /evenkeel .* 1\.50×/);
  assert.match(text, /not quiet: others took 40 % of a core/);
});

test('the chart is one bar a server, as long as its time', () => {
  const svg = chart([reportOf(server('linear', [30]), server('evenkeel', [15]))]);
  const lengths = [...svg.matchAll(/<rect x="110"[^>]* width="([\d.]+)"/g)].map(([, length]) => Number(length));
  assert.deepEqual(lengths, [600, 300]);
});

test('figures have three digits that matter', () => {
  assert.deepEqual([0.123, 12.34, 123.4, 1234.5, 7].map(format), ['0.12', '12.3', '123', '1,235', '7']);
});
