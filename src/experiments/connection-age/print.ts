import { formatMs } from '../../probe/measure/duration.ts';
import { type Cell, type Column, heading, painter, table, wrap } from '../../probe/print/layout.ts';
import type { AgeRow, ConnectionAgeReport } from './report.ts';
import { tradeOff } from './trade-off.ts';

const columns: readonly Column[] = [
  { title: 'age', align: 'left' },
  { title: 'found', align: 'right' },
  { title: 'model', align: 'right' },
  { title: 'at worst', align: 'right' },
  { title: 'model', align: 'right' },
  { title: 'reconn/min', align: 'right' },
  { title: 'model', align: 'right' },
  { title: 'p99 ms', align: 'right' },
  { title: 'around', align: 'right' },
  { title: 'cpu', align: 'right' },
  { title: 'failed', align: 'right' },
  { title: 'long call', align: 'left' },
];

const tradeOffColumns: readonly Column[] = [
  { title: 'age', align: 'left' },
  { title: 'found within', align: 'right' },
  { title: 'reconnects/s', align: 'right' },
  { title: 'cpus reconnecting', align: 'right' },
  { title: 'cpus idle', align: 'right' },
  { title: 'both', align: 'right' },
  { title: '', align: 'left', whole: true },
];

/** The sweep for a terminal: figures are those of a cluster, except latencies and processor time. */
export function printConnectionAge(report: ConnectionAgeReport, colour: boolean): string {
  const paint = painter(colour);
  const { conditions, recommendation, reconnectCpuMs, modelNotes, rows, fleet } = report;
  const how = `(${conditions.clients} clients of ${conditions.podsBefore} pods, then ${conditions.podsAfter}; ${conditions.ratePerSecond} calls/s each)`;
  const slower = rows.filter(({ scale }) => scale !== conditions.scale).map((row) => `${row.scale} at ${nameOf(row)}`);
  const place = conditions.environment === 'lab' ? 'lab' : 'cluster';
  const scale =
    conditions.scale === 1
      ? 'Ages and intervals were as they are: times and reconnects are of one client'
      : `Ages and intervals were ${conditions.scale} times shorter${slower.length === 0 ? '' : ` (${slower.join(', ')})`}: times and reconnects are scaled back, of one client`;
  return [
    ...heading('How long new pods wait, and what reconnecting costs', how, paint),
    '',
    ...table(columns, rows.map(cells), paint),
    '',
    ...wrap(
      `${scale}; latencies, failures and cpu (processors, clients and pods together) are the ${place}'s. "around": p99 within 50 ms of a reconnect.`,
    ),
    ...wrap(
      `A reconnect takes ${reconnectCpuMs.value} ms of processor time${reconnectCpuMs.measured ? '' : ' (assumed: the sweep does not show it)'}.`,
    ),
    ...(modelNotes.length === 0
      ? ['Every age did what the model says.']
      : modelNotes.flatMap((note) => wrap(`Not as the model says: ${note}.`))),
    '',
    ...heading(
      `What an age costs ${fleet.clients} clients of ${fleet.pods} pods`,
      `(scaled out ${fleet.scaleOutsPerHour} times an hour by ${fleet.podsAdded})`,
      paint,
    ),
    '',
    ...table(
      tradeOffColumns,
      tradeOff(report).map(({ cost, best }): Cell[] => [
        { text: formatMs(cost.ageMs) },
        { text: formatMs(cost.foundWithinMs) },
        { text: figure(cost.reconnectsPerSecond) },
        { text: figure(cost.reconnectCores) },
        { text: figure(cost.idleCores) },
        { text: figure(cost.totalCores) },
        { text: best ? '← recommended' : '', format: 'green' },
      ]),
      paint,
    ),
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
    { text: time(row.modelMeanMs) },
    { text: time(row.worstConvergedMs) },
    { text: time(row.modelWorstMs) },
    { text: String(row.reconnectsPerMinute) },
    { text: row.client === 'xds' ? '–' : String(row.modelReconnectsPerMinute) },
    { text: p99 === null ? '–' : p99.toFixed(1) },
    { text: p99AroundReconnects === null ? '–' : p99AroundReconnects.toFixed(1) },
    { text: processors(row) },
    { text: String(row.failed), format: row.failed > 0 ? 'red' : undefined },
    { text: row.longCall === null ? '–' : row.longCall.status === 'OK' ? 'survived' : row.longCall.status },
  ];
}

/** Busy processors, clients and pods together. */
export function processors({ cpuMsPerSecond: { clients, pods } }: AgeRow): string {
  return pods === null ? '–' : ((clients + pods) / 1000).toFixed(2);
}

/** A number of which two digits matter. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(2)));
}

/** `30 s`, `none`, `xds:///` */
export function nameOf({ client, ageMs }: AgeRow): string {
  if (client === 'xds') return 'none, xds:///';
  return ageMs === null ? 'none' : formatMs(ageMs);
}

function time(ms: number | null): string {
  return ms === null ? '–' : formatMs(ms);
}
