import { isMeasured } from '../../probe/is-measured.ts';
import { formatMs } from '../../probe/measure/duration.ts';
import { percentile } from '../../probe/print/latency.ts';
import { heading, painter, wrap } from '../../probe/print/layout.ts';
import { type RowColumn, rowTable } from '../rows.ts';
import type { MeasuredSlowPod, SlowPodReport, SlowPodRow } from './report.ts';

export const columns: readonly RowColumn<MeasuredSlowPod>[] = [
  ['policy', ({ policy }) => policy],
  ['client', ({ client }) => client],
  ['deadline', ({ deadlineMs }) => formatMs(deadlineMs)],
  ['to slow pod', ({ sentToSlow, calls }) => percent(sentToSlow / calls)],
  ['failed', ({ failed, calls }) => (failed === 0 ? '0' : `${failed} of ${calls}`)],
  ['p50 ms', (row) => percentile(0.5, row.p50OfAllMs, row)],
  ['p99 ms', (row) => percentile(0.99, row.p99OfAllMs, row)],
];

export function printSlowPod(report: SlowPodReport, colour: boolean): string {
  const paint = painter(colour);
  const { conditions, rows } = report;
  const how = `(one of ${conditions.pods} pods takes ${formatMs(conditions.slowLatencyMs)}, the others ${formatMs(conditions.latencyMs)}; ${conditions.ratePerSecond} calls/s)`;
  const measured = rows.filter(isMeasured);
  return [
    ...heading('What one slow pod does to everybody', how, paint),
    '',
    ...rowTable(columns, measured, 2, paint),
    ...rows.flatMap((row) => (row.status === 'ok' ? [] : wrap(`${nameOf(row)}  ${row.status}: ${row.reason}`, 2))),
    '',
    ...measured.flatMap((row) => wrap(`${nameOf(row)}: ${row.why}`, 2)),
    '',
    ...wrap(report.conclusion).map((line) => paint('bold', line)),
  ].join('\n');
}

/** `round_robin, deadline 1 s` */
export function nameOf({ policy, client, deadlineMs }: SlowPodRow): string {
  return `${policy}${client === 'grpc-js' ? '' : ' (Envoy)'}, deadline ${formatMs(deadlineMs)}`;
}

/** `25 %`, `1.5 %` */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
