import type { MeasuredScheme, Report } from '../report.ts';
import { details, heading, type Paint, table } from './layout.ts';
import { placeColumns, placeRows } from './places.ts';
import { entries, verdictFormat } from './scheme-rows.ts';

/** Spreading by pod beside spreading by node. */
export function printNodeLocal({ nodeLocal, conditions }: Report, paint: Paint): string[] {
  if (nodeLocal.length === 0) return [];
  const measured = nodeLocal.filter(
    (row): row is MeasuredScheme & { policy: 'Cluster' | 'Local' } => row.status === 'ok',
  );
  const calls = Math.max(0, ...measured.map((row) => row.calls));
  const rate = `(${conditions.ratePerSecond}/s, a connection for each, no retries)`;
  return [
    ...heading(`Who answered ${calls} calls, by externalTrafficPolicy`, rate, paint),
    '',
    ...table(
      placeColumns('policy', 'node'),
      measured.flatMap(({ policy, backends }) => placeRows(policy, backends.byNode)),
      paint,
    ),
    '',
    ...nodeLocal.flatMap((row) => {
      const word = row.status === 'ok' ? row.verdict : row.status;
      return details(heading(row.policy, word, paint, verdictFormat[word]), entries(row), paint);
    }),
  ];
}
