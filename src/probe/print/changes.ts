import { seconds } from '../conclude.ts';
import type { ChangeRow } from '../report.ts';
import { type Cell, type Column, lineWidth, type Paint, table, wrap } from './layout.ts';
import { statuses } from './schemes.ts';

const columns: readonly Column[] = [
  { title: 'scheme', align: 'left' },
  { title: 'followed in', align: 'right' },
  { title: 'calls', align: 'right' },
  { title: 'failed', align: 'right' },
  { title: 'p99 ms', align: 'right' },
  { title: 'to leaving pods', align: 'right' },
];

/** How each client followed a change: the table, then causes and advice. */
export function printChanges(title: string, rows: readonly ChangeRow[], paint: Paint): string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const measured = rows.find((row) => row.status === 'ok');
  const rate =
    measured === undefined ? '' : paint('dim', `  (${measured.ratePerSecond} calls/s by each client, no retries)`);
  return [
    paint('bold', `${title} ${first.from} → ${first.to} under constant calls`) + rate,
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
  const { convergedMs, windowMs, failed, latencyMs, late, removed } = row;
  return [
    { text: row.scheme },
    convergedMs === null
      ? { text: `not in ${seconds(windowMs)}`, format: 'red' }
      : { text: seconds(convergedMs), format: 'green' },
    { text: String(row.calls) },
    { text: String(failed), format: failed > 0 ? 'red' : undefined },
    { text: latencyMs.p99 === null ? '–' : latencyMs.p99.toFixed(1) },
    { text: removed.length === 0 ? '–' : String(late.answered + late.failed) },
  ];
}

function explanation(row: ChangeRow, paint: Paint): string[] {
  const format = row.status !== 'ok' || row.convergedMs === null || row.failed > 0 ? 'red' : 'green';
  const lines = [paint(format, row.scheme)];
  const add = (label: string, text: string): void => {
    for (const [index, line] of wrap(text, 0, lineWidth - 7).entries()) {
      lines.push(`${index === 0 ? paint('dim', `  ${label.padEnd(4)}`) : '      '} ${line}`);
    }
  };
  if (row.status === 'skipped') add('why', row.reason);
  else if (row.status === 'error') {
    add('why', `${row.code}: ${row.reason}`);
    add('do', row.do);
  } else {
    if (row.reason !== undefined) add('seen', row.reason);
    add('why', row.why);
    if (row.do !== 'nothing') add('do', row.do);
    if (row.failed > 0) add('lost', statuses(row.failures));
    if (row.newClient) add('note', 'a new client was made before, the old one did not know every pod');
    for (const { pod, reason } of row.unreadable) add('note', `the count of ${pod} could not be compared: ${reason}`);
  }
  return lines;
}
