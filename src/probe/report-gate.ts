import { isLost } from '../verdict/quantile.ts';
import { type Check, check, type Gate } from './measure/gate.ts';
import type { MeasuredScheme, Report } from './report.ts';

/**
 * Holds a report of schemes against a gate, row by row; pure. Every scheme that was asked for must show it: a row that was
 * skipped or failed is not met.
 */
export function checkReport(report: Report, gate: Gate): Check[] {
  const { expect, maxFailed, maxConvergeMs, maxP99Ms } = gate;
  const changes = [
    ...report.scaleOut.map((row) => ({ row, name: 'scale-out' })),
    ...report.scaleIn.map((row) => ({ row, name: 'scale-in' })),
  ];
  const checks = report.schemes.flatMap((row): Check[] => {
    if (row.status !== 'ok') return [unmeasured(row.scheme, row.status, row.reason)];
    const { scheme, verdict, why, calls, failed, failures } = row;
    const seen = { of: scheme, verdict, why, calls, failed, failures, p99Ms: p99Of(row), convergedMs: undefined };
    return check({ expect, maxFailed, maxP99Ms }, seen);
  });
  for (const { row, name } of changes) {
    const of = `${row.scheme}, ${name}`;
    if (row.status !== 'ok') checks.push(unmeasured(of, row.status, row.reason));
    else {
      const { calls, failed, failures, convergedMs, why } = row;
      const seen = {
        of,
        verdict: 'unmeasured',
        why,
        calls,
        failed,
        failures,
        p99Ms: p99Of(row),
        convergedMs,
      } as const;
      checks.push(...check({ maxFailed, maxConvergeMs }, seen));
    }
  }
  for (const row of report.rollingUpdate) {
    const of = `${row.scheme}, ${row.change}`;
    if (row.status !== 'ok') checks.push(unmeasured(of, row.status, row.reason));
    else {
      const { calls, failed, failures, why } = row;
      const seen = { of, verdict: 'unmeasured', why, calls, failed, failures, p99Ms: p99Of(row) } as const;
      checks.push(...check({ maxFailed }, { ...seen, convergedMs: undefined }));
    }
  }
  if (maxConvergeMs !== undefined && changes.length === 0) {
    const seen = 'no change was made, or by no scheme that follows one';
    checks.push({ expectation: 'changes are followed', met: false, seen });
  }
  return checks;
}

/** Of all calls, as in a probe: what failed is slower than any limit. */
function p99Of({
  calls,
  failed,
  latencyOfAllMs,
}: Pick<MeasuredScheme, 'calls' | 'failed' | 'latencyOfAllMs'>): number | 'lost' | null {
  return isLost(0.99, calls - failed, failed) ? 'lost' : latencyOfAllMs.p99;
}

function unmeasured(of: string, status: string, reason: string): Check {
  return { expectation: `${of}: measured`, met: false, seen: `${status}: ${reason}` };
}
