import { isMeasured } from '../../probe/is-measured.ts';
import { ratio, worst } from './print.ts';
import type { UnevenPodsRow } from './report.ts';

/** The run in some sentences; pure. */
export function concludeUnevenPods(rows: readonly UnevenPodsRow[], interrupted: boolean): string {
  const found = rows.filter(isMeasured).map((row) => {
    const { way, windows, afterMinute, failed } = row;
    const later = afterMinute === null ? '' : `, ${ratio(afterMinute)} after a minute (${ratio(worst(row))} at most)`;
    return `${way} ${ratio(windows[0]?.busiest)} at first${later}, ${failed} lost`;
  });
  const sentences = [
    found.length === 0
      ? 'Nothing was measured.'
      : `Calls under way at the busiest pod, of the mean: ${found.join('; ')}.`,
  ];
  if (interrupted) sentences.push('The run was ended before everything was measured.');
  return sentences.join(' ');
}
