import { causes, causeTitles } from '../../verdict/cause.ts';
import { isMeasured } from '../is-measured.ts';
import type { RolloutRow } from '../report.ts';
import { percentile } from './latency.ts';
import { type Cell, type Column, details, heading, type Paint, table } from './layout.ts';
import { statuses, uncompared } from './scheme-rows.ts';

const columns: readonly Column[] = [
  { title: 'scheme', align: 'left' },
  { title: 'calls', align: 'right' },
  { title: 'failed', align: 'right' },
  { title: 'p99 ms', align: 'right' },
  { title: 'to leaving', align: 'right' },
];

/** What rolling updates cost: one table for the update and the way back, then causes and advice. */
export function printRollouts(rows: readonly RolloutRow[], paint: Paint): string[] {
  if (rows.length === 0) return [];
  const schemes = [...new Set(rows.map(({ scheme }) => scheme))];
  const byScheme = schemes.map((scheme) => rows.filter((row) => row.scheme === scheme));
  const measured = rows.find((row) => row.status === 'ok');
  const how = measured === undefined ? '' : `(${measured.ratePerSecond} calls/s by each client, no retries)`;
  return [
    ...heading('Rolling update and rollback under constant calls', how, paint),
    '',
    ...table(columns, byScheme.flat().map(cells), paint),
    ...pace(rows).map((line) => paint('dim', line)),
    '',
    ...byScheme.flatMap((own) => explanation(own, paint)),
  ];
}

/** How the pods were replaced, as it was seen. */
function pace(rows: readonly RolloutRow[]): string[] {
  const measured = rows.filter(isMeasured);
  if (measured.length === 0) return [];
  const pods = measured[0]!.pods;
  const least = Math.min(...measured.map(({ ready }) => ready.least));
  const most = Math.max(...measured.map(({ ready }) => ready.most));
  return ['', `Of ${pods} pods never fewer than ${least} and never more than ${most} were ready to take calls.`];
}

function cells(row: RolloutRow): Cell[] {
  const name = { text: row.change === 'update' ? row.scheme : '  and back' };
  if (row.status !== 'ok') return [name, { text: row.status, format: row.status === 'error' ? 'red' : 'dim' }];
  const { calls, failed, latencyOfAllMs, late } = row;
  return [
    name,
    { text: String(calls) },
    { text: String(failed), format: failed > 0 ? 'red' : 'green' },
    { text: percentile(0.99, latencyOfAllMs.p99, row) },
    { text: String(late.answered + late.failed) },
  ];
}

/** Once for both rows of a scheme where there is nothing to tell apart. */
function explanation(rows: readonly RolloutRow[], paint: Paint): string[] {
  const good = rows.every((row) => row.status === 'ok' && row.failed === 0);
  const [first, ...others] = rows.map(entries);
  const same = others.every((other) => JSON.stringify(other) === JSON.stringify(first));
  const lines = same
    ? first!
    : rows.flatMap((row) =>
        entries(row).map(([label, text]): [string, string] => [
          label,
          label === 'why' ? `${row.change}: ${text}` : text,
        ]),
      );
  return details(heading(rows[0]!.scheme, '', paint, good ? 'green' : 'red'), lines, paint);
}

function entries(row: RolloutRow): [string, string][] {
  if (row.status === 'skipped') return [['why', row.reason]];
  if (row.status === 'error') {
    return [
      ['why', `${row.code}: ${row.reason}`],
      ['do', row.do],
    ];
  }
  const found: [string, string][] = [['why', row.why]];
  if (row.do !== 'nothing') found.push(['do', row.do]);
  if (row.failed > 0) {
    const lost = causes
      .filter((cause) => row.causes[cause] > 0)
      .map((cause) => `${causeTitles[cause]} ${row.causes[cause]}`);
    found.push(['lost', `${lost.join(', ')} (${statuses(row.failures)})`]);
  }
  return [...found, ...uncompared(row.unreadable)];
}
