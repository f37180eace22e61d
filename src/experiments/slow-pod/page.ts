import { barChart } from '../../probe/html/bars.ts';
import { facts, htmlTable, renderPage, setUpFacts } from '../../probe/html/page.ts';
import { isMeasured } from '../../probe/is-measured.ts';
import { percentile } from '../../probe/print/latency.ts';
import { utcOf, versionsText } from '../../probe/words.ts';
import { columns, nameOf, percent } from './print.ts';
import type { SlowPodReport } from './report.ts';

/** The experiment as one page of HTML. */
export function slowPodPage({ rows, conditions, conclusion, startedAt }: SlowPodReport): string {
  const measured = rows.filter(isMeasured);
  const missing = rows.flatMap((row) => (row.status === 'ok' ? [] : [[nameOf(row), row.reason] as const]));
  const shares = measured.map((row) => ({
    label: nameOf(row),
    value: row.sentToSlow / row.calls,
    text: percent(row.sentToSlow / row.calls),
  }));
  const tails = measured.map((row) => ({
    label: nameOf(row),
    value: row.p99OfAllMs ?? 0,
    text: `${percentile(0.99, row.p99OfAllMs, row)} ms`,
  }));
  return renderPage({
    title: 'What one slow pod does to everybody',
    subtitle: `${utcOf(startedAt)} · one of ${conditions.pods} pods takes ${conditions.slowLatencyMs} ms, the others ${conditions.latencyMs} ms`,
    headline: { text: conclusion, detail: '', tone: 'plain' },
    sections: [
      { title: 'Share of the calls that went to the slow pod', html: barChart(shares, 1 / conditions.pods) },
      { title: '99th percentile of all calls; what failed counts as slowest', html: barChart(tails) },
      {
        title: 'What was measured',
        html: htmlTable(
          [...columns.map(([title]) => title), 'why'],
          measured.map((row) => [...columns.map(([, text]) => text(row)), { text: row.why, wrap: true } as const]),
        ),
      },
      ...(missing.length > 0 ? [{ title: 'What was not', html: facts(missing) }] : []),
      { title: 'How it was measured', html: facts(setUpFacts(conditions)) },
    ],
    footer: `${conditions.ratePerSecond} calls/s, open loop, no retries; outlier detection looks every ${conditions.outlierIntervalMs} ms (elsewhere 10 s); seed ${conditions.seed}. ${versionsText(conditions.versions, ' · ')}`,
  });
}
