import { isLost } from '../verdict/quantile.ts';
import { type Check, check, type Gate } from './measure/gate.ts';
import type { ChangeRow, NodeLocalRow, Report, RolloutRow, SchemeRow } from './report.ts';

/**
 * Holds a report of schemes against a gate, row by row; pure. Every scheme that was asked for must show it: a row that was
 * skipped or failed is not met.
 */
export function checkReport(report: Report, gate: Gate): Check[] {
  const { expect, maxFailed, maxConvergeMs, maxP99Ms } = gate;
  const changes = [
    ...report.scaleOut.map((row) => ({ row, of: `${row.scheme}, scale-out` })),
    ...report.scaleIn.map((row) => ({ row, of: `${row.scheme}, scale-in` })),
  ];
  const checks = [
    ...report.schemes.flatMap((row) => checkRow(row.scheme, row, { expect, maxFailed, maxP99Ms })),
    ...changes.flatMap(({ row, of }) => checkRow(of, row, { maxFailed, maxConvergeMs })),
    ...report.rollingUpdate.flatMap((row) => checkRow(`${row.scheme}, ${row.change}`, row, { maxFailed })),
    ...report.nodeLocal.flatMap((row) =>
      checkRow(`externalTrafficPolicy: ${row.policy}`, row, { expect, maxFailed, maxP99Ms }),
    ),
  ];
  if (maxConvergeMs !== undefined && changes.length === 0) {
    const seen = 'no change was made, or by no scheme that follows one';
    checks.push({ expectation: 'changes are followed', met: false, seen });
  }
  if (checks.length === 0) checks.push({ expectation: 'something is measured', met: false, seen: 'nothing' });
  return checks;
}

function checkRow(of: string, row: SchemeRow | ChangeRow | RolloutRow | NodeLocalRow, gate: Gate): Check[] {
  if (row.status !== 'ok')
    return [{ expectation: `${of}: measured`, met: false, seen: `${row.status}: ${row.reason}` }];
  const { calls, failed, failures, why, latencyOfAllMs } = row;
  // Of all calls, as in a probe: what failed is slower than any limit.
  const p99Ms = isLost(0.99, calls - failed, failed) ? 'lost' : latencyOfAllMs.p99;
  const verdict = 'verdict' in row ? row.verdict : 'unmeasured';
  const convergedMs = 'convergedMs' in row ? row.convergedMs : undefined;
  return check(gate, { of, verdict, why, calls, failed, failures, p99Ms, convergedMs });
}
