import { barChart } from '../../probe/html/bars.ts';
import { lineChart } from '../../probe/html/lines.ts';
import { facts, htmlTable, renderPage } from '../../probe/html/page.ts';
import { isMeasured } from '../../probe/is-measured.ts';
import { utcOf, versionsText } from '../../probe/words.ts';
import { ways } from './kinds.ts';
import { columns, nameOf, percent } from './print.ts';
import type { MeasuredZones, ZonesReport, ZonesStage } from './report.ts';

/** The experiment as one page of HTML. */
export function zonesPage({ rows, conditions, conclusion, startedAt }: ZonesReport): string {
  const measured = rows.filter(isMeasured);
  const missing = rows.flatMap((row) => (isMeasured(row) ? [] : [[nameOf(row), row.reason] as const]));
  const { pods, callers, ratePerSecond, deadlineMs, seed, versions } = conditions;
  const plot = (title: string, of: (stage: ZonesStage) => number | null): string =>
    lineChart({
      lines: measured.map((row) => ({ name: nameOf(row), points: pointsOf(row, of), dots: true })),
      x: { title: 'pods that the first zone has lost' },
      y: { title },
    });
  return renderPage({
    title: 'Zones: who calls whom, and what a zone that loses its pods costs',
    subtitle: `${utcOf(startedAt)} · ${pods.join(', ')} pods, ${callers.join(', ')} % of the calls`,
    headline: { text: conclusion, detail: '', tone: 'plain' },
    sections: [
      { title: 'Calls of the busiest pod, of the mean', html: plot('of the mean', ({ busiest }) => busiest) },
      {
        title: 'Calls that leave their zone',
        html: plot('percent', ({ away }) => (away === null ? null : 100 * away)),
      },
      { title: 'Calls that failed', html: plot('calls', ({ failed }) => failed) },
      {
        title: 'Calls that leave their zone while it has all its pods',
        html: barChart(
          measured.map((row) => ({
            label: nameOf(row),
            value: row.stages[0]?.away ?? 0,
            text: percent(row.stages[0]?.away),
          })),
        ),
      },
      {
        title: 'What was measured',
        html: htmlTable(
          columns.map(([title]) => title),
          measured.map((row) => columns.map(([, text]) => text(row))),
        ),
      },
      { title: 'Who steers', html: facts(Object.entries(ways)) },
      ...(missing.length > 0 ? [{ title: 'What was not measured', html: facts(missing) }] : []),
    ],
    footer: `${ratePerSecond} calls/s each, all at the same time, open loop, no retries, deadline ${deadlineMs} ms; seed ${seed}. ${versionsText(versions, ' · ')}`,
  });
}

function pointsOf({ stages }: MeasuredZones, of: (stage: ZonesStage) => number | null): [number, number][] {
  return stages.flatMap((stage, lost) => {
    const value = of(stage);
    return value === null ? [] : [[lost, value]];
  });
}
