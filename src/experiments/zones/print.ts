import { isMeasured } from '../../probe/is-measured.ts';
import { formatMs } from '../../probe/measure/duration.ts';
import { heading, painter, wrap } from '../../probe/print/layout.ts';
import { type RowColumn, rowTable } from '../rows.ts';
import type { MeasuredZones, ZonesReport, ZonesRow, ZonesStage } from './report.ts';

export const columns: readonly RowColumn<MeasuredZones>[] = [
  ['who steers', ({ way }) => way],
  ['clients', ({ clients }) => String(clients)],
  ['failed', ({ failed, calls }) => (failed === 0 ? '0' : `${failed} of ${calls}`)],
  ['busiest', ({ stages }) => ratio(stages[0]?.busiest)],
  ['away', ({ stages }) => percent(stages[0]?.away)],
  ['losing', ({ stages }) => ratio(worst(stages.slice(1)))],
  ['after', ({ stages }) => ratio(lastOf(stages)?.busiest)],
  ['away after', ({ stages }) => percent(lastOf(stages)?.away)],
];

/** What is shown of each stage. */
const perStage: readonly RowColumn<ZonesStage>[] = [
  ['busiest, by pods that are left', ({ busiest }) => ratio(busiest)],
  ['calls away', ({ away }) => percent(away)],
  ['calls that failed', ({ failed }) => String(failed)],
];

function stageColumns(
  title: string,
  text: (stage: ZonesStage) => string,
  stages: readonly ZonesStage[] = [],
): RowColumn<MeasuredZones>[] {
  return [
    [title, nameOf],
    ...stages.map(({ pods }, at): RowColumn<MeasuredZones> => [String(pods), (row) => text(row.stages[at]!)]),
  ];
}

export function printZones(report: ZonesReport, colour: boolean): string {
  const paint = painter(colour);
  const { pods, callers, ratePerSecond, deadlineMs } = report.conditions;
  const how = `(${pods.join('/')} pods in ${pods.length} zones, ${callers.join('/')} % of the calls; ${ratePerSecond} calls/s each, deadline ${formatMs(deadlineMs)})`;
  const measured = report.rows.filter(isMeasured);
  return [
    ...heading('Zones: who calls whom, and what a zone that loses its pods costs', how, paint),
    '',
    ...rowTable(columns, measured, 1, paint),
    ...perStage.flatMap(([title, text]) => [
      '',
      ...rowTable(stageColumns(title, text, measured[0]?.stages), measured, 1, paint),
    ]),
    ...report.rows.flatMap((row) => (isMeasured(row) ? [] : wrap(`${nameOf(row)}  ${row.status}: ${row.reason}`, 2))),
    '',
    ...wrap(
      'busiest: calls of the busiest pod, of the mean; losing: the most while the zone loses its pods; after: once it has none. away: calls that leave their zone.',
    ),
    '',
    ...wrap(report.conclusion).map((line) => paint('bold', line)),
  ].join('\n');
}

/** `evenkeel, 60 clients` */
export function nameOf({ way, clients }: ZonesRow): string {
  return `${way}, ${clients} clients`;
}

export function percent(share: number | null | undefined): string {
  return share == null ? '–' : `${(100 * share).toFixed(1)} %`;
}

export function ratio(value: number | null | undefined): string {
  return value == null ? '–' : value.toFixed(2);
}

/** Of the busiest pods, the busiest. */
export function worst(stages: readonly ZonesStage[]): number | null {
  const known = stages.flatMap(({ busiest }) => (busiest === null ? [] : [busiest]));
  return known.length === 0 ? null : Math.max(...known);
}

function lastOf(stages: readonly ZonesStage[]): ZonesStage | undefined {
  return stages.length > 1 ? stages.at(-1) : undefined;
}
