import { isMeasured } from '../../probe/is-measured.ts';
import { nameOf, percent } from './print.ts';
import type { MeasuredSlowPod, SlowPodRow } from './report.ts';

/** The run in some sentences; pure. */
export function concludeSlowPod(rows: readonly SlowPodRow[], pods: number, interrupted: boolean): string {
  const measured = rows.filter(isMeasured);
  const sentences = measured.length === 0 ? ['Nothing was measured.'] : [];
  const share = ({ sentToSlow, calls }: MeasuredSlowPod): number => sentToSlow / calls;
  // Half of its turn and less is being avoided; chance alone does not do that with so many calls.
  const avoiding = measured.filter((row) => share(row) < 0.5 / pods).sort((a, b) => share(a) - share(b));
  const best = avoiding[0];
  if (best !== undefined) {
    sentences.push(
      `The slow pod was avoided by ${avoiding.map(nameOf).join('; ')} (down to ${percent(share(best))} instead of ${percent(1 / pods)}).`,
    );
  }
  const blind = measured.filter((row) => !avoiding.includes(row));
  if (blind.length > 0) sentences.push(`It got its full turn with ${blind.map(nameOf).join('; ')}.`);
  if (interrupted) sentences.push('The run was ended before everything was measured.');
  return sentences.join(' ');
}
