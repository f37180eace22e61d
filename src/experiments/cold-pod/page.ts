import { lineChart } from '../../probe/html/lines.ts';
import { facts, htmlTable, renderPage } from '../../probe/html/page.ts';
import { isMeasured } from '../../probe/is-measured.ts';
import { utcOf, versionsText } from '../../probe/words.ts';
import { columns } from './print.ts';
import type { ColdPodReport } from './report.ts';

/** The experiment as one page of HTML. */
export function coldPodPage({ rows, conditions, conclusion, startedAt }: ColdPodReport): string {
  const measured = rows.filter(isMeasured);
  const missing = rows.flatMap((row) => (isMeasured(row) ? [] : [[row.variant, row.reason] as const]));
  const { pods, clients, ratePerSecond, deadlineMs, latencyMs, coldMs, warmUpMs, seed, versions } = conditions;
  const line = measured[0]?.ages.map(({ ageMs, line }) => [ageMs / 1_000, 100 * line] as const) ?? [];
  const shares = measured.map(({ variant, ages }) => ({
    name: variant,
    points: ages.map(({ ageMs, share }) => [ageMs / 1_000, 100 * share] as const),
    dots: true,
  }));
  return renderPage({
    title: 'What pods that are still cold cost during a rollout',
    subtitle: `${utcOf(startedAt)} · all ${pods} pods are replaced, one by one`,
    headline: { text: conclusion, detail: '', tone: 'plain' },
    sections: [
      {
        title: 'What a new pod gets of what a warm one does',
        html: lineChart({
          lines: [...shares, { name: 'the line', points: line, dashed: true }],
          x: { title: 'seconds since it was ready' },
          y: { title: 'percent' },
        }),
      },
      {
        title: 'What was measured',
        html: htmlTable(
          columns.map(([title]) => title),
          measured.map((row) => columns.map(([, text]) => text(row))),
        ),
      },
      ...(missing.length > 0 ? [{ title: 'What was not measured', html: facts(missing) }] : []),
    ],
    footer: `${clients} clients, ${ratePerSecond} calls/s, open loop, no retries, deadline ${deadlineMs} ms; an answer takes ${latencyMs} ms on average (exponential); a call of a new pod takes ${coldMs} ms of work besides, one at a time, nothing after ${warmUpMs} ms; seed ${seed}. ${versionsText(versions, ' · ')}`,
  });
}
