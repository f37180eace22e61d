import { formatMs } from '../../measure/duration.ts';
import { type Cell, type Column, painter, table, wrap } from '../../print/layout.ts';
import type { AgeRow, ConnectionAgeReport } from './report.ts';

const columns: readonly Column[] = [
  { title: 'MaxConnectionAge', align: 'left' },
  { title: 'found after', align: 'right' },
  { title: 'at worst', align: 'right' },
  { title: 'model', align: 'right' },
  { title: 'reconn/min', align: 'right' },
  { title: 'model', align: 'right' },
  { title: 'p99 ms', align: 'right' },
  { title: 'around', align: 'right' },
  { title: 'failed', align: 'right' },
  { title: 'long call', align: 'left' },
];

/** The sweep for a terminal: figures are those of a cluster, except latencies. */
export function printConnectionAge(report: ConnectionAgeReport, colour: boolean): string {
  const paint = painter(colour);
  const { conditions, recommendation, reconnectCpuMs, modelNotes } = report;
  const how = `(lab ${conditions.scale} times faster; ${conditions.clients} clients of ${conditions.podsBefore} pods, then ${conditions.podsAfter}; ${conditions.ratePerSecond} calls/s each)`;
  return [
    `${paint('bold', 'How long new pods wait, and what reconnecting costs')}  ${paint('dim', how)}`,
    '',
    ...table(columns, report.rows.map(cells), paint),
    '',
    ...wrap(
      `A reconnect takes ${reconnectCpuMs.value} ms of processor time${reconnectCpuMs.measured ? '' : ' (assumed: the sweep does not show it)'}. Times are those of a cluster, ${conditions.scale} times those of the lab; latencies are the lab's.`,
    ),
    ...(modelNotes.length === 0
      ? ['Every age did what the model says.']
      : modelNotes.flatMap((note) => wrap(`Not as the model says: ${note}.`))),
    '',
    ...wrap(`${recommendation.why.charAt(0).toUpperCase()}${recommendation.why.slice(1)}.`),
    ...wrap(report.conclusion).map((line) => paint('bold', line)),
  ].join('\n');
}

function cells(row: AgeRow): Cell[] {
  const { p99, p99AroundReconnects } = row.latencyMs;
  return [
    { text: nameOf(row) },
    { text: time(row.meanConvergedMs) },
    { text: time(row.worstConvergedMs) },
    { text: time(row.modelWorstMs) },
    { text: String(row.reconnectsPerMinute) },
    { text: row.client === 'xds' ? '–' : String(row.modelReconnectsPerMinute) },
    { text: p99 === null ? '–' : p99.toFixed(1) },
    { text: p99AroundReconnects === null ? '–' : p99AroundReconnects.toFixed(1) },
    { text: String(row.failed), format: row.failed > 0 ? 'red' : undefined },
    { text: row.longCall === null ? '–' : row.longCall.status === 'OK' ? 'survived' : row.longCall.status },
  ];
}

/** `30 s`, `none`, `xds:///` */
export function nameOf({ client, ageMs }: AgeRow): string {
  if (client === 'xds') return 'none, xds:///';
  return ageMs === null ? 'none' : formatMs(ageMs);
}

function time(ms: number | null): string {
  return ms === null ? '–' : formatMs(ms);
}
