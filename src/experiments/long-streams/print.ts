import { isMeasured } from '../../probe/is-measured.ts';
import { type Column, heading, painter, table, wrap } from '../../probe/print/layout.ts';
import type { RowColumn } from '../rows.ts';
import { evenAfter, minutes, titles } from './conclude.ts';
import type { LongStreamsReport, MeasuredLongStreams } from './report.ts';

const range = (counts: readonly number[]): string => {
  const [most, least] = [counts[0], counts.at(-1)];
  return most === least ? `${most ?? '–'}` : `${least}–${most}`;
};

export const columns: readonly RowColumn<MeasuredLongStreams>[] = [
  ['remedy', ({ remedy }) => titles[remedy]],
  ['before', ({ before }) => range(before)],
  ['after', ({ after }) => range(after)],
  ['even', (row) => evenAfter(row).replace('after ', '')],
  ['then', ({ evenRatio }) => evenRatio?.toFixed(2) ?? '–'],
  ['early/h', ({ endedEarlyPerHour }) => String(endedEarlyPerHour)],
  ['reconnects', ({ reconnects }) => String(reconnects)],
];

export function printLongStreams(report: LongStreamsReport, colour: boolean): string {
  const paint = painter(colour);
  const { podsBefore, podsAfter, streams, clients, lastsMs, maxDurationMs, ageMs, graceMs, scale } = report.conditions;
  const how =
    `(${streams} streams of ${clients} clients, ${minutes(lastsMs)} each; max_stream_duration ${minutes(maxDurationMs)}, ` +
    `age ${minutes(ageMs)}, grace ${minutes(graceMs)}; times ${scale} times shorter here)`;
  const heads = columns.map(([title], index): Column => ({ title, align: index === 0 ? 'left' : 'right' }));
  const cells = report.rows.filter(isMeasured).map((row) => columns.map(([, of]) => ({ text: of(row) })));
  return [
    ...heading(`Where long streams are after a scale-out ${podsBefore} → ${podsAfter}`, how, paint),
    '',
    ...table(heads, cells, paint),
    ...report.rows.flatMap((row) => (isMeasured(row) ? [] : wrap(`${row.remedy}  ${row.status}: ${row.reason}`, 2))),
    '',
    ...wrap(report.conclusion).map((line) => paint('bold', line)),
  ].join('\n');
}
