import { isMeasured } from '../../probe/is-measured.ts';
import { offLine, points, times } from './print.ts';
import type { ColdPodRow } from './report.ts';

/** The run in some sentences; pure. */
export function concludeColdPod(rows: readonly ColdPodRow[], interrupted: boolean): string {
  const sentences = rows.filter(isMeasured).map((row) => {
    const { variant, failed, ages } = row;
    const how = variant === 'without' ? 'Without slow start' : 'With slow start';
    const share = variant === 'without' ? '' : `, new pods at most ${points(offLine(ages))} off the line`;
    return `${how} the p99 of the rollout is ${times(row)} times the steady one, ${failed} calls lost${share}.`;
  });
  if (sentences.length === 0) sentences.push('Nothing was measured.');
  if (interrupted) sentences.push('The run was ended before everything was measured.');
  return sentences.join(' ');
}
