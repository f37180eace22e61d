import { isMeasured } from '../../probe/is-measured.ts';
import { percent, ratio, worst } from './print.ts';
import type { ZonesRow } from './report.ts';

/** The run in some sentences; pure. */
export function concludeZones(rows: readonly ZonesRow[], interrupted: boolean): string {
  const bySize = Map.groupBy(rows.filter(isMeasured), ({ clients }) => clients);
  const sentences = [...bySize].map(([clients, measured]) => {
    const least = percent(measured[0]!.stages[0]?.leastAway);
    const found = measured.map(({ way, failed, stages }) => {
      const [steady, ...losing] = stages;
      const later = losing.length === 0 ? '' : `, up to ${ratio(worst(losing))} while pods go`;
      return `${way} ${ratio(steady?.busiest)}${later}, ${percent(steady?.away)}, ${failed} lost`;
    });
    return `${clients} clients, busiest pod of the mean, calls away (${least} at the least): ${found.join('; ')}.`;
  });
  if (sentences.length === 0) sentences.push('Nothing was measured.');
  if (interrupted) sentences.push('The run was ended before everything was measured.');
  return sentences.join(' ');
}
