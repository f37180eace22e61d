import { isMeasured } from '../../probe/is-measured.ts';
import { formatMs } from '../../probe/measure/duration.ts';
import { percentile } from '../../probe/print/latency.ts';
import { heading, painter, wrap } from '../../probe/print/layout.ts';
import { type RowColumn, rowTable } from '../rows.ts';
import type { MeasuredSickPod, SickPodReport, SickPodRow } from './report.ts';

export const columns: readonly RowColumn<MeasuredSickPod>[] = [
  ['sick pod', ({ sickness }) => sickness],
  ['protection', ({ protection }) => protection],
  ['client', ({ client }) => client],
  ['failed', ({ failed, calls }) => (failed === 0 ? '0' : `${failed} of ${calls}`)],
  ['to sick pod', ({ sentToSick }) => String(sentToSick)],
  ['left after', ({ leftAfterMs }) => (leftAfterMs === null ? 'never' : formatMs(leftAfterMs))],
  ['p99 ms', (row) => percentile(0.99, row.p99OfAllMs, row)],
];

export function printSickPod(report: SickPodReport, colour: boolean): string {
  const paint = painter(colour);
  const { pods, ratePerSecond, deadlineMs, copies } = report.conditions;
  const how = `(one of ${pods} pods; ${ratePerSecond} calls/s of all clients, ${copies} of a kind, deadline ${formatMs(deadlineMs)})`;
  const measured = report.rows.filter(isMeasured);
  return [
    ...heading('What one sick pod does to everybody', how, paint),
    '',
    ...rowTable(columns, measured, 3, paint),
    ...report.rows.flatMap((row) => (isMeasured(row) ? [] : wrap(`${nameOf(row)}  ${row.status}: ${row.reason}`, 2))),
    '',
    ...wrap(report.conclusion).map((line) => paint('bold', line)),
  ].join('\n');
}

/** `frozen, active checks, grpc-js` */
export function nameOf({ sickness, protection, client }: SickPodRow): string {
  return `${sickness}, ${protection}, ${client}`;
}
