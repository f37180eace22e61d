import type { MeasuredScheme, Report, SchemeRow } from '../report.ts';
import { percentile } from './latency.ts';
import { type Cell, type Column, details, heading, type Paint, sparkline, table, wrap } from './layout.ts';

/** More backends than this are not drawn one by one. */
const mostBars = 12;

const columns: readonly Column[] = [
  { title: 'scheme', align: 'left' },
  { title: 'verdict', align: 'left' },
  { title: 'shares', align: 'left' },
  { title: 'pods', align: 'right' },
  { title: 'each', align: 'right' },
  { title: 'conns', align: 'right' },
  { title: 'p50/p99', align: 'right' },
  { title: 'failed', align: 'right' },
];

export const verdictFormat = {
  balanced: 'green',
  skewed: 'yellow',
  partial: 'yellow',
  pinned: 'red',
  inconclusive: 'magenta',
  skipped: 'dim',
  error: 'red',
} as const;

/** Who answered: the table, then the cause and the advice of each row. */
export function printSchemes({ schemes, conditions }: Report, paint: Paint): string[] {
  if (schemes.length === 0) return [];
  const { ratePerSecond, deadlineMs } = conditions;
  const calls = Math.max(0, ...schemes.map((row) => (row.status === 'ok' ? row.calls : 0)));
  return [
    ...heading(
      `Who answered ${calls} calls`,
      `(${ratePerSecond}/s, deadline ${deadlineMs} ms, no retries; latencies in ms)`,
      paint,
    ),
    '',
    ...table(columns, schemes.map(cells), paint),
    ...certainty(schemes).map((line) => paint('dim', line)),
    '',
    ...schemes.flatMap((row) => explanation(row, paint)),
  ];
}

/** What a verdict is worth: a run of few calls does not see a small skew. */
function certainty(rows: readonly SchemeRow[]): string[] {
  const found = rows.find(
    (row): row is MeasuredScheme =>
      row.status === 'ok' && row.verdict !== 'inconclusive' && row.smallestSkewFound !== null,
  );
  if (found === undefined) return [];
  const percent = Math.ceil(found.smallestSkewFound! * 100);
  return [
    '',
    ...wrap(
      `A false alarm comes in less than 1 of 1,000 runs; so many calls show a pod that gets ${percent} % more than its share.`,
    ),
  ];
}

function cells(row: SchemeRow): Cell[] {
  const word = row.status === 'ok' ? row.verdict : row.status;
  const start: Cell[] = [{ text: row.scheme }, { text: word, format: verdictFormat[word] }];
  if (row.status !== 'ok') return start;
  const counts = Object.values(row.backends.calls);
  return [
    ...start,
    { text: shares(counts) },
    { text: `${row.backends.reached}/${row.backends.expected}` },
    { text: range(counts) },
    { text: String(row.connections) },
    { text: latency(row) },
    { text: String(row.failed), format: row.failed > 0 ? 'red' : undefined },
  ];
}

function shares(counts: readonly number[]): string {
  return counts.length > mostBars ? `${sparkline(counts.slice(0, mostBars - 1))}…` : sparkline(counts);
}

function range(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least}–${most}`;
}

function latency(row: MeasuredScheme): string {
  const { p50, p99 } = row.latencyOfAllMs;
  return `${percentile(0.5, p50, row)}/${percentile(0.99, p99, row)}`;
}

/** Statuses of failed calls: ` (UNAVAILABLE 3, DEADLINE_EXCEEDED 1)`. */
export function statuses(failures: Readonly<Record<string, number>>): string {
  return Object.entries(failures)
    .map(([status, count]) => `${status} ${count}`)
    .join(', ');
}

function explanation(row: SchemeRow, paint: Paint): string[] {
  const word = row.status === 'ok' ? row.verdict : row.status;
  return details(heading(row.scheme, row.title, paint, verdictFormat[word]), entries(row), paint);
}

/** The cause and the advice, or why there is nothing to explain. */
export function entries(row: SchemeRow): [string, string][] {
  if (row.status === 'skipped') return [['why', row.reason]];
  if (row.status === 'error') {
    return [
      ['why', `${row.code}: ${row.reason}`],
      ['do', row.do],
    ];
  }
  return [
    ['why', row.why],
    ['do', row.do],
    ...(row.failed > 0 ? [['lost', statuses(row.failures)] as [string, string]] : []),
    ...uncompared(row.unreadable),
  ];
}

/** A line for each backend whose own count is not known. */
export function uncompared(unreadable: readonly { pod: string; reason: string }[]): [string, string][] {
  return unreadable.map(({ pod, reason }) => ['note', `the count of ${pod} could not be compared: ${reason}`]);
}
