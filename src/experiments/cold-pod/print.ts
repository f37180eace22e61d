import { isMeasured } from '../../probe/is-measured.ts';
import { formatMs } from '../../probe/measure/duration.ts';
import { percentile } from '../../probe/print/latency.ts';
import { heading, painter, table, wrap } from '../../probe/print/layout.ts';
import { type RowColumn, rowTable } from '../rows.ts';
import type { ColdPodReport, MeasuredColdPod, PodAge } from './report.ts';

/** Before the rollout: nothing is known to be lost. */
const steady = { calls: 1, failed: 0 };

export const columns: readonly RowColumn<MeasuredColdPod>[] = [
  ['slow start', ({ variant }) => variant],
  ['failed', ({ failed, calls }) => (failed === 0 ? '0' : `${failed} of ${calls}`)],
  ['p50 ms', (row) => percentile(0.5, row.steadyP50Ms, steady)],
  ['p99 ms', (row) => percentile(0.99, row.steadyP99Ms, steady)],
  ['p50 rollout', (row) => percentile(0.5, row.rolloutP50Ms, row)],
  ['p99 rollout', (row) => percentile(0.99, row.rolloutP99Ms, row)],
  ['times', times],
  ['off the line', ({ variant, ages }) => (variant === 'without' ? '–' : points(offLine(ages)))],
];

export function printColdPod(report: ColdPodReport, colour: boolean): string {
  const paint = painter(colour);
  const { pods, clients, ratePerSecond, coldMs, warmUpMs, slowStartMs } = report.conditions;
  const how = `(${pods} pods, ${clients} clients, ${ratePerSecond} calls/s; a new pod needs ${formatMs(coldMs)} of work for a call, nothing after ${formatMs(warmUpMs)}; slow start ${formatMs(slowStartMs)})`;
  const measured = report.rows.filter(isMeasured);
  const ages = measured[0]?.ages ?? [];
  return [
    ...heading('What pods that are still cold cost during a rollout', how, paint),
    '',
    ...rowTable(columns, measured, 1, paint),
    '',
    ...table(
      ['age of a pod', ...measured.map(({ variant }) => variant), 'the line'].map((title) => ({
        title,
        align: 'right',
      })),
      ages.map(({ ageMs, line }, index) =>
        [formatMs(ageMs), ...measured.map((row) => percent(row.ages[index]!.share)), percent(line)].map((cell) => ({
          text: cell,
        })),
      ),
      paint,
    ),
    ...report.rows.flatMap((row) => (isMeasured(row) ? [] : wrap(`${row.variant}  ${row.status}: ${row.reason}`, 2))),
    '',
    ...wrap(report.conclusion).map((line) => paint('bold', line)),
  ].join('\n');
}

/** How many times the p99 of a steady time that of the rollout is. */
export function times({ steadyP99Ms, rolloutP99Ms }: MeasuredColdPod): string {
  return steadyP99Ms === null || rolloutP99Ms === null || steadyP99Ms === 0
    ? '–'
    : (rolloutP99Ms / steadyP99Ms).toFixed(2);
}

/** The age at which new pods were furthest from the line, in points of a full share. */
export function offLine(ages: readonly PodAge[]): number {
  return 100 * Math.max(0, ...ages.map(({ share, line }) => Math.abs(share - line)));
}

export function points(value: number): string {
  return `${value.toFixed(0)} points`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
