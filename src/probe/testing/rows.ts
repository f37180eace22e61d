import { type Cause, countCauses } from '../../verdict/cause.ts';
import { judge } from '../../verdict/verdict.ts';
import { conclude } from '../conclude.ts';
import {
  type ChangeRow,
  type MeasuredChange,
  type MeasuredRollout,
  type MeasuredScheme,
  type Report,
  type RolloutRow,
  reportSchema,
  type SchemeRow,
} from '../report.ts';
import { explainChange, explainRollout, explainVerdict } from '../schemes/explain.ts';
import { type SchemeId, schemes } from '../schemes/schemes.ts';

/** A row of a scheme whose backends answered so many calls each. */
export function measured(id: SchemeId, counts: readonly number[], more: Partial<MeasuredScheme> = {}): MeasuredScheme {
  const { verdict, reached, maxSpread, pValue } = judge(counts);
  const answered = counts.reduce((sum, count) => sum + count, 0);
  return {
    scheme: id,
    title: schemes[id].title,
    status: 'ok',
    target: 'somewhere',
    backends: {
      expected: counts.length,
      reached,
      calls: Object.fromEntries(counts.map((count, index) => [`be1-${index}`, count])),
      byZone: [],
      byNode: [],
    },
    calls: answered,
    warmupCalls: 3,
    connections: 1,
    failures: {},
    failed: 0,
    latencyMs: { p50: 0.84, p99: 3.21, max: 9 },
    latencyOfAllMs: { p50: 0.84, p99: 3.21, max: 9 },
    verdict,
    maxSpread,
    pValue,
    smallestSkewFound: 0.42,
    unreadable: [],
    ...explainVerdict(id, verdict, { expected: counts.length, reached, answered }),
    ...more,
  };
}

/** A row of a scheme that followed in 340 ms, unless `more` says otherwise; what failed was lost to `cause`. */
export function change(
  id: SchemeId,
  kind: 'scale-out' | 'scale-in',
  more: Partial<MeasuredChange> = {},
  cause: Cause = 'other',
): MeasuredChange {
  const { convergedMs = 340, failed = 0 } = more;
  return {
    scheme: id,
    title: schemes[id].title,
    status: 'ok',
    from: kind === 'scale-out' ? 3 : 6,
    to: kind === 'scale-out' ? 6 : 3,
    convergedMs,
    windowMs: 5000,
    observedMs: 6000,
    ratePerSecond: 100,
    calls: 650,
    failures: {},
    failed,
    latencyMs: { p50: 0.9, p99: 12.34, max: 30 },
    latencyOfAllMs: { p50: 0.9, p99: 12.34, max: 30 },
    newClient: false,
    added: kind === 'scale-out' ? [{ pod: 'be1-3', readyAtMs: 100, firstAnswerAtMs: 440 }] : [],
    removed: kind === 'scale-in' ? [{ pod: 'be1-3', terminatingAtMs: 1, endedAtMs: 2000, lastCallAtMs: 340 }] : [],
    late: { answered: kind === 'scale-in' ? 7 : 0, failed: 0, afterEnd: 0 },
    timeline: { bucketMs: 100, buckets: [] },
    unreadable: [],
    ...explainChange(id, kind, { converged: convergedMs !== null, lost: { ...countCauses([]), [cause]: failed } }),
    ...more,
  };
}

/** A row of a rolling update that cost so many calls. */
export function rollout(
  id: SchemeId,
  kind: 'update' | 'rollback',
  lost: Partial<Record<Cause, number>> = {},
  more: Partial<MeasuredRollout> = {},
): MeasuredRollout {
  const counts = { ...countCauses([]), ...lost };
  const failed = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const { convergedMs: _convergedMs, windowMs: _windowMs, newClient: _newClient, ...calls } = change(id, 'scale-in');
  return {
    ...calls,
    change: kind,
    pods: 3,
    ready: { least: 3, most: 4 },
    causes: counts,
    lost: [],
    failed,
    failures: failed === 0 ? {} : { UNAVAILABLE: failed },
    ...explainRollout(id, counts),
    ...more,
  };
}

/** A whole report of these rows, checked against the schema. */
export function report(
  rows: readonly SchemeRow[],
  scaleOut: readonly ChangeRow[] = [],
  scaleIn: readonly ChangeRow[] = [],
  rollingUpdate: readonly RolloutRow[] = [],
  interrupted = false,
): Report {
  const measured = { scaleOut: [...scaleOut], scaleIn: [...scaleIn], rollingUpdate: [...rollingUpdate] };
  const found = { schemes: [...rows], ...measured, interrupted };
  return reportSchema.parse({
    schemaVersion: 1,
    startedAt: '2025-01-01T00:00:00.000Z',
    durationMs: 31_234,
    conditions: {
      environment: 'lab',
      versions: { evenkeel: '0.1.0', node: '26.0.0', '@grpc/grpc-js': '1.14.0' },
      machine: { os: 'Linux 6.1 x64', cpus: 4, memoryMiB: 8000 },
      intervals: [
        { name: 'gRPC clients resolve DNS again at most every', valueMs: 2000, defaultMs: 30_000 },
        { name: 'health is checked every', valueMs: 1000, defaultMs: 1000 },
      ],
      seed: 1,
      ratePerSecond: 300,
      deadlineMs: 1000,
      retries: false,
      waitForReady: false,
    },
    ...found,
    nodeLocal: [],
    conclusion: conclude(found),
  });
}

/** The same in three machines of two zones. */
export function placed(id: SchemeId, counts: readonly [number, number, number], more: Partial<MeasuredScheme> = {}) {
  const row = measured(id, counts, more);
  const [a, b, c] = counts;
  const byZone = [
    { name: 'zone-a', pods: 2, calls: a + c },
    { name: 'zone-b', pods: 1, calls: b },
  ];
  const byNode = counts.map((calls, index) => ({ name: `node-${index + 1}`, pods: 1, calls }));
  return { ...row, backends: { ...row.backends, byZone, byNode } };
}
