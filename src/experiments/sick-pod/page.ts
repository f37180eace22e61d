import { barChart } from '../../probe/html/bars.ts';
import { facts, htmlTable, renderPage } from '../../probe/html/page.ts';
import { isMeasured } from '../../probe/is-measured.ts';
import { utcOf, versionsText } from '../../probe/words.ts';
import { protections, sicknesses } from './kinds.ts';
import { columns, nameOf } from './print.ts';
import type { SickPodReport } from './report.ts';

/** The experiment as one page of HTML. */
export function sickPodPage({ rows, conditions, conclusion, startedAt }: SickPodReport): string {
  const measured = rows.filter(isMeasured);
  const missing = rows.flatMap((row) => (isMeasured(row) ? [] : [[nameOf(row), row.reason] as const]));
  const lost = measured.map((row) => ({ label: nameOf(row), value: row.failed, text: String(row.failed) }));
  return renderPage({
    title: 'What one sick pod does to everybody',
    subtitle: `${utcOf(startedAt)} · one of ${conditions.pods} pods is sick`,
    headline: { text: conclusion, detail: '', tone: 'plain' },
    sections: [
      { title: 'Calls that failed', html: barChart(lost) },
      {
        title: 'What was measured',
        html: htmlTable(
          columns.map(([title]) => title),
          measured.map((row) => columns.map(([, text]) => text(row))),
        ),
      },
      { title: 'What is wrong with the pod', html: facts(Object.entries(sicknesses)) },
      { title: 'Who does something about it', html: facts(Object.entries(protections)) },
      ...(missing.length > 0 ? [{ title: 'What was not measured', html: facts(missing) }] : []),
    ],
    footer: `${conditions.ratePerSecond} calls/s of all clients, ${conditions.copies} of a kind, open loop, no retries, deadline ${conditions.deadlineMs} ms; seed ${conditions.seed}. ${versionsText(conditions.versions, ' · ')}`,
  });
}
