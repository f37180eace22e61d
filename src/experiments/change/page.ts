import { barChart } from '../../probe/html/bars.ts';
import { facts, htmlTable, renderPage, type Section, setUpFacts } from '../../probe/html/page.ts';
import { isMeasured } from '../../probe/is-measured.ts';
import { utcOf, versionsText } from '../../probe/words.ts';
import { nameOf } from './conclude.ts';
import { columnsOf, conditionsLine, goNote, rowName, titles } from './print.ts';
import type { ChangeReport, MeasuredRow } from './report.ts';

/** The experiment as one page of HTML. */
export function changePage(report: ChangeReport): string {
  const { kind, conditions, rows, startedAt } = report;
  const measured = rows.filter(isMeasured);
  const columns = columnsOf(report);
  const failed = measured.some((row) => row.failed > 0);
  const table = htmlTable(
    [...columns.map(([title]) => title), 'why'],
    measured.map((row) => [...columns.map(([, text]) => text(row)), { text: row.why, wrap: true } as const]),
  );
  const missing = rows.flatMap((row) => (row.status === 'ok' ? [] : [[rowName(row), row.reason] as const]));
  return renderPage({
    title: titles[kind],
    subtitle: `${utcOf(startedAt)} · ${conditions.from} → ${conditions.to} pods in a ${conditions.environment === 'lab' ? 'lab' : 'Kubernetes cluster'}`,
    headline: { text: report.conclusion, detail: '', tone: failed ? 'fair' : 'good' },
    sections: [
      ...(kind === 'rolling-update' ? [] : [followed(measured)]),
      ...(failed ? [lost(measured)] : []),
      { title: 'What was measured', html: table },
      ...(missing.length > 0 ? [{ title: 'What was not', html: facts(missing) }] : []),
      { title: 'How it was measured', html: facts(setUpFacts(conditions)) },
    ],
    footer: `${conditionsLine(report)} ${measured.some(({ client }) => client === 'grpc-go') ? `${goNote} ` : ''}${versionsText(conditions.versions, ' · ')}`,
  });
}

function followed(rows: readonly MeasuredRow[]): Section {
  const bars = rows.map((row) => ({
    label: nameOf(row),
    value: row.convergedMs ?? 0,
    text: row.convergedMs === null ? 'not in time' : `${Math.round(row.convergedMs)} ms`,
  }));
  return { title: 'Followed after', html: barChart(bars) };
}

function lost(rows: readonly MeasuredRow[]): Section {
  const bars = rows.map((row) => ({ label: nameOf(row), value: row.failed, text: `${row.failed} of ${row.calls}` }));
  return { title: 'Calls lost', html: barChart(bars) };
}
