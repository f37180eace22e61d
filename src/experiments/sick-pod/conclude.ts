import { sum } from '../../base/sum.ts';
import { isMeasured } from '../../probe/is-measured.ts';
import type { SickPodRow } from './report.ts';

/** The run in some sentences; pure. */
export function concludeSickPod(rows: readonly SickPodRow[], interrupted: boolean): string {
  const bySickness = Map.groupBy(rows.filter(isMeasured), ({ sickness }) => sickness);
  const sentences = [...bySickness].map(([sickness, measured]) => {
    const lost = [...Map.groupBy(measured, ({ protection }) => protection)].map(
      ([protection, same]) => `${sum(same, ({ failed }) => failed)} with ${protection}`,
    );
    const calls = Math.max(
      ...[...Map.groupBy(measured, ({ protection }) => protection).values()].map((same) =>
        sum(same, (row) => row.calls),
      ),
    );
    return `${sickness}: of ${calls} calls failed ${lost.join(', ')}.`;
  });
  if (sentences.length === 0) sentences.push('Nothing was measured.');
  if (interrupted) sentences.push('The run was ended before everything was measured.');
  return sentences.join(' ');
}
