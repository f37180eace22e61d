import { lineChart } from '../../probe/html/lines.ts';
import { facts, htmlTable, renderPage, setUpFacts } from '../../probe/html/page.ts';
import { isMeasured } from '../../probe/is-measured.ts';
import { utcOf } from '../../probe/words.ts';
import { minutes, titles } from './conclude.ts';
import { columns } from './print.ts';
import type { LongStreamsReport } from './report.ts';

/** The experiment as one page of HTML. */
export function longStreamsPage({ rows, conditions, conclusion, startedAt }: LongStreamsReport): string {
  const measured = rows.filter(isMeasured);
  const missing = rows.flatMap((row) => (isMeasured(row) ? [] : [[row.remedy, row.reason] as const]));
  const { podsBefore, podsAfter, streams, clients, lastsMs, maxDurationMs, ageMs, graceMs, scale, seed } = conditions;
  return renderPage({
    title: 'Where long streams are after a scale-out',
    subtitle: `${utcOf(startedAt)} · ${podsBefore} → ${podsAfter} pods, ${streams} streams of ${clients} clients`,
    headline: { text: conclusion, detail: '', tone: 'plain' },
    sections: [
      {
        title: 'Streams of the busiest pod, as a multiple of the mean',
        html: lineChart({
          lines: measured.map(({ remedy, busiest }) => ({
            name: titles[remedy],
            points: busiest.map(({ atMs, ratio }) => [atMs / 60_000, ratio] as const),
          })),
          x: { title: 'minutes since the new pods were ready' },
          y: { title: 'times the mean' },
        }),
      },
      {
        title: 'What was measured',
        html: htmlTable(
          [...columns.map(([title]) => title), 'p99 of opening anew'],
          measured.map((row) => [
            ...columns.map(([, text]) => text(row)),
            row.reopenedP99Ms === null ? '–' : `${row.reopenedP99Ms.toFixed(0)} ms`,
          ]),
        ),
      },
      ...(missing.length > 0 ? [{ title: 'What was not measured', html: facts(missing) }] : []),
      { title: 'Made by', html: facts(setUpFacts(conditions)) },
    ],
    footer: `A stream lasts ${minutes(lastsMs)} by itself and is opened anew when it ends; max_stream_duration ${minutes(maxDurationMs)}, MaxConnectionAge ${minutes(ageMs)}, grace ${minutes(graceMs)}; times were ${scale} times shorter; seed ${seed}.`,
  });
}
