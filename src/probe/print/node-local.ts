import type { MeasuredScheme, Report } from '../report.ts';
import { details, type Paint, table } from './layout.ts';
import { placeColumns, placeRows } from './places.ts';
import { entries, verdictFormat } from './schemes.ts';

/** Spreading by pod beside spreading by machine. */
export function printNodeLocal({ nodeLocal, conditions }: Report, paint: Paint): string[] {
  if (nodeLocal.length === 0) return [];
  const measured = nodeLocal.filter(
    (row): row is MeasuredScheme & { policy: 'Cluster' | 'Local' } => row.status === 'ok',
  );
  const calls = Math.max(0, ...measured.map((row) => row.calls));
  const rate = `  (${conditions.ratePerSecond}/s, a connection for each, no retries)`;
  return [
    paint('bold', `Who answered ${calls} calls, by externalTrafficPolicy`) + paint('dim', rate),
    '',
    ...table(
      placeColumns('policy', 'node'),
      measured.flatMap(({ policy, backends }) => placeRows(policy, backends.byNode)),
      paint,
    ),
    '',
    ...nodeLocal.flatMap((row) => {
      const word = row.status === 'ok' ? row.verdict : row.status;
      const heading = `${paint(verdictFormat[word], row.policy)}  ${paint('dim', word)}`;
      return details(heading, entries(row), paint);
    }),
  ];
}
