import { lineChart } from '../../probe/html/lines.ts';
import { facts, htmlTable, renderPage, setUpFacts } from '../../probe/html/page.ts';
import { isMeasured } from '../../probe/is-measured.ts';
import { utcOf, versionsText } from '../../probe/words.ts';
import { ways } from './kinds.ts';
import { columns } from './print.ts';
import type { UnevenPodsReport } from './report.ts';

/** The experiment as one page of HTML. */
export function unevenPodsPage({ rows, conditions, conclusion, startedAt }: UnevenPodsReport): string {
  const measured = rows.filter(isMeasured);
  const missing = rows.flatMap((row) => (isMeasured(row) ? [] : [[row.way, row.reason] as const]));
  const { pods, slow, latencyMs, slowLatencyMs, clients, ratePerSecond, deadlineMs, windowMs, seed } = conditions;
  return renderPage({
    title: 'Work of pods that are not alike',
    subtitle: `${utcOf(startedAt)} · ${slow} of ${pods} pods take ${slowLatencyMs} ms, the others ${latencyMs} ms`,
    headline: { text: conclusion, detail: '', tone: 'plain' },
    sections: [
      {
        title: 'Calls under way at the busiest pod, of the mean',
        html: lineChart({
          lines: measured.map(({ way, windows }) => ({
            name: way,
            points: windows.flatMap(({ fromMs, busiest }) =>
              busiest === null ? [] : [[fromMs / 1_000, busiest] as const],
            ),
            dots: true,
          })),
          x: { title: `seconds since the first call; each point is of the ${windowMs / 1_000} s from then on` },
          y: { title: 'of the mean' },
        }),
      },
      {
        title: 'What was measured',
        html: htmlTable(
          columns.map(([title]) => title),
          measured.map((row) => columns.map(([, text]) => text(row))),
        ),
      },
      { title: 'Who decides', html: facts(Object.entries(ways)) },
      ...(missing.length > 0 ? [{ title: 'What was not measured', html: facts(missing) }] : []),
      { title: 'How it was measured', html: facts(setUpFacts(conditions)) },
    ],
    footer: `${clients} clients and ${ratePerSecond} calls/s each way, all at the same time, open loop, no retries, deadline ${deadlineMs} ms; seed ${seed}. ${versionsText(conditions.versions, ' · ')}`,
  });
}
