import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportPage } from './html/report-page.ts';
import { gateLine, parseGate } from './measure/gate.ts';
import type { Report } from './report.ts';
import { checkReport } from './report-gate.ts';
import { change, measured, report } from './testing/rows.ts';

const even = measured('xds', [100, 100, 100]);
const pinned = measured('clusterip-grpc', [300, 0, 0], { failed: 2, failures: { UNAVAILABLE: 2 }, calls: 302 });
const gate = parseGate({ expect: 'balanced', maxFailed: '0', maxConverge: '2s', maxP99: '50ms' })!;

test('every scheme and every change must show what is expected', () => {
  const good = report([even], [change('xds', 'scale-out', { convergedMs: 300, failed: 0, failures: {} })]);
  const checks = checkReport(good, gate);
  assert.deepEqual(
    checks.filter(({ met }) => !met),
    [],
  );
  assert.match(gateLine(checks), /^gate passed: xds: balanced; /);

  const bad = checkReport(report([even, pinned], [change('xds', 'scale-out', { convergedMs: 2500 })]), gate);
  const line = gateLine(bad);
  assert.match(line, /expected clusterip-grpc: balanced, saw pinned/);
  assert.match(line, /clusterip-grpc: at most 0 calls fail, saw 2 of 302 \(UNAVAILABLE 2\)/);
  assert.match(line, /xds, scale-out: changes of backends are followed within 2 s, saw 2\.5 s/);
});

test('what failed is slower than any limit, in a scheme too', () => {
  const latencies = { latencyMs: { p50: 1, p99: 2, max: 3 }, latencyOfAllMs: { p50: 1, p99: 1000, max: 1000 } };
  const lossy = measured('xds', [95, 95, 95], { ...latencies, calls: 300, failed: 15, failures: { UNAVAILABLE: 15 } });
  const slow = parseGate({ maxP99: '1h' })!;
  assert.match(
    gateLine(checkReport(report([lossy]), slow)),
    /xds: p99 at most 60 min, saw no answer to more than 1 of/,
  );
  const few = measured('xds', [99, 99, 99], { ...latencies, calls: 300, failed: 3, failures: { UNAVAILABLE: 3 } });
  assert.match(gateLine(checkReport(report([few]), slow)), /^gate passed/);
});

test('what was skipped, or not followed, or not tried, is not met', () => {
  const skipped = { scheme: 'l7-envoy', title: 'x', status: 'skipped', reason: 'There is no Envoy.' } as const;
  const unmet = (...given: Parameters<typeof report>): string => gateLine(checkReport(report(...given), gate));
  assert.match(unmet([skipped]), /l7-envoy: measured, saw skipped: There is no Envoy\./);
  assert.match(unmet([even]), /expected changes are followed, saw no change was made/);
  assert.match(
    unmet([even], [change('xds', 'scale-out', { convergedMs: null })]),
    /saw not followed before the run ended/,
  );
});

test('what a balancer by node does is held against it as well, and nothing at all meets nothing', () => {
  const local = { ...pinned, policy: 'Local' } as const;
  const cluster = { ...even, policy: 'Cluster' } as const;
  const raw = parseGate({ expect: 'balanced', maxFailed: '0', maxP99: '50ms' })!;
  const line = (...nodeLocal: Report['nodeLocal']): string =>
    gateLine(checkReport({ ...report([]), nodeLocal: [...nodeLocal] }, raw));
  assert.match(line(cluster), /^gate passed: externalTrafficPolicy: Cluster: balanced; /);
  assert.match(
    line(cluster, local),
    /^gate failed: .*Local: balanced, saw pinned.*Local: at most 0 calls fail, saw 2 of 302/,
  );
  const skipped = { scheme: 'xds', title: 'x', policy: 'Local', status: 'skipped', reason: 'ended early' } as const;
  assert.match(line(cluster, skipped), /^gate failed: expected externalTrafficPolicy: Local: measured, saw skipped/);
  assert.match(line(), /^gate failed: expected something is measured, saw nothing/);
});

test('the page says it and loads nothing', () => {
  const full = report([even, pinned], [change('xds', 'scale-out', { convergedMs: 300 })]);
  const page = reportPage(full, checkReport(full, gate));
  assert.match(page, /The gate failed/);
  assert.match(page, /clusterip-grpc/);
  assert.doesNotMatch(page, /(?:src|href)=|url\(|@import|<script/);
});
