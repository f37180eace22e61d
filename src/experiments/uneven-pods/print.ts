import { isMeasured } from '../../probe/is-measured.ts';
import { formatMs } from '../../probe/measure/duration.ts';
import { percentile } from '../../probe/print/latency.ts';
import { type Column, heading, painter, table, wrap } from '../../probe/print/layout.ts';
import { type RowColumn, rowTable } from '../rows.ts';
import { settleMs } from './options.ts';
import type { MeasuredUnevenPods, UnevenPodsReport, UnevenWindow } from './report.ts';

export const columns: readonly RowColumn<MeasuredUnevenPods>[] = [
  ['who decides', ({ way }) => way],
  ['failed', ({ failed, calls }) => (failed === 0 ? '0' : `${failed} of ${calls}`)],
  ['at first', ({ windows }) => ratio(windows[0]?.busiest)],
  ['after 1 min', ({ afterMinute }) => ratio(afterMinute)],
  ['at most', (row) => ratio(worst(row))],
  ['p50 ms', (row) => percentile(0.5, row.p50Ms, row)],
  ['p99 ms', (row) => percentile(0.99, row.p99Ms, row)],
];

const windowTitles = ['who decides', 'from', 'busiest', 'under way at each pod'].map(
  (title, index): Column => ({ title, align: index === 0 ? 'left' : 'right' }),
);

export function printUnevenPods(report: UnevenPodsReport, colour: boolean): string {
  const paint = painter(colour);
  const { pods, slow, latencyMs, slowLatencyMs, clients, ratePerSecond, windowMs } = report.conditions;
  const how = `(${slow} of ${pods} pods take ${formatMs(slowLatencyMs)}, the others ${formatMs(latencyMs)}; ${clients} clients, ${ratePerSecond} calls/s each way)`;
  const measured = report.rows.filter(isMeasured);
  const windows = measured.flatMap(({ way, windows }) =>
    windows.map(({ fromMs, busiest, underWay }) =>
      [way, formatMs(fromMs), ratio(busiest), underWay.map((calls) => calls.toFixed(1)).join(' ')].map((text) => ({
        text,
      })),
    ),
  );
  return [
    ...heading('Work of pods that are not alike', how, paint),
    '',
    ...rowTable(columns, measured, 1, paint),
    '',
    ...table(windowTitles, windows, paint),
    ...report.rows.flatMap((row) => (isMeasured(row) ? [] : wrap(`${row.way}  ${row.status}: ${row.reason}`, 2))),
    '',
    ...wrap(
      `busiest: calls under way at the busiest pod, of the mean, over ${formatMs(windowMs)}; at most: of the windows after the first minute.`,
    ),
    '',
    ...wrap(report.conclusion).map((line) => paint('bold', line)),
  ].join('\n');
}

export function ratio(value: number | null | undefined): string {
  return value == null ? '–' : value.toFixed(2);
}

/** The most uneven of the windows after the first minute. */
export function worst({ windows }: MeasuredUnevenPods): number | null {
  const known = laterOf(windows).flatMap(({ busiest }) => (busiest === null ? [] : [busiest]));
  return known.length === 0 ? null : Math.max(...known);
}

/** Windows that begin after the first minute. */
export function laterOf(windows: readonly UnevenWindow[]): UnevenWindow[] {
  return windows.filter(({ fromMs }) => fromMs >= settleMs);
}
