import { formatMs } from '../measure/duration.ts';
import type { ChangeRow } from '../report.ts';
import { percentile } from './latency.ts';
import { type Cell, type Column, details, heading, type Paint, table } from './layout.ts';
import { statuses, uncompared } from './scheme-rows.ts';

const columns: readonly Column[] = [
  { title: 'scheme', align: 'left' },
  { title: 'followed in', align: 'right' },
  { title: 'calls', align: 'right' },
  { title: 'failed', align: 'right' },
  { title: 'p99 ms', align: 'right' },
  { title: 'to leaving', align: 'right' },
];

/** How each client followed a change: the table, then causes and advice. */
export function printChanges(title: string, rows: readonly ChangeRow[], paint: Paint): string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const measured = rows.find((row) => row.status === 'ok');
  const rate = measured === undefined ? '' : `(${measured.ratePerSecond} calls/s by each client, no retries)`;
  return [
    ...heading(`${title} ${first.from} → ${first.to} under constant calls`, rate, paint),
    '',
    ...table(columns, rows.map(cells), paint),
    '',
    ...rows.flatMap((row) => explanation(row, paint)),
  ];
}

function cells(row: ChangeRow): Cell[] {
  if (row.status !== 'ok') {
    return [{ text: row.scheme }, { text: row.status, format: row.status === 'error' ? 'red' : 'dim' }];
  }
  const { convergedMs, windowMs, failed, latencyOfAllMs, late, removed } = row;
  return [
    { text: row.scheme },
    convergedMs === null
      ? { text: `not in ${formatMs(windowMs)}`, format: 'red' }
      : { text: formatMs(convergedMs), format: 'green' },
    { text: String(row.calls) },
    { text: String(failed), format: failed > 0 ? 'red' : undefined },
    { text: percentile(0.99, latencyOfAllMs.p99, row) },
    { text: removed.length === 0 ? '–' : String(late.answered + late.failed) },
  ];
}

function explanation(row: ChangeRow, paint: Paint): string[] {
  const good = row.status === 'ok' && row.convergedMs !== null && row.failed === 0;
  return details(heading(row.scheme, '', paint, good ? 'green' : 'red'), entries(row), paint);
}

function entries(row: ChangeRow): [string, string][] {
  if (row.status === 'skipped') return [['why', row.reason]];
  if (row.status === 'error') {
    return [
      ['why', `${row.code}: ${row.reason}`],
      ['do', row.do],
    ];
  }
  const found: [string, string][] = [];
  if (row.reason !== undefined) found.push(['seen', row.reason]);
  found.push(['why', row.why]);
  if (row.do !== 'nothing') found.push(['do', row.do]);
  if (row.failed > 0) found.push(['lost', statuses(row.failures)]);
  if (row.newClient) found.push(['note', 'a new client was made before, the old one did not know every pod']);
  return [...found, ...uncompared(row.unreadable)];
}
