import { isMeasured } from '../is-measured.ts';
import { formatMs } from '../measure/duration.ts';
import type { Check } from '../measure/gate.ts';
import type { ChangeRow, Report, RolloutRow, SchemeRow } from '../report.ts';
import { utcOf } from '../words.ts';
import { barChart } from './bars.ts';
import { gateSection } from './gate-section.ts';
import { facts, htmlTable, renderPage, type Section, setUpFacts, smallPrint } from './page.ts';
import { shareBars } from './shares.ts';
import { timelinePlot } from './timeline-plot.ts';
import { verdictTone } from './tones.ts';

/** The report of schemes (`evenkeel lab`, `evenkeel prove`) as one page of HTML. */
export function reportPage(report: Report, gate?: readonly Check[]): string {
  const { conditions, conclusion, startedAt, durationMs, schemes, scaleOut, scaleIn, rollingUpdate } = report;
  const met = gate?.every((check) => check.met);
  const broken = [...schemes, ...scaleOut, ...scaleIn, ...rollingUpdate].some(({ status }) => status === 'error');
  return renderPage({
    title: 'Who answers, who follows, what fails',
    subtitle: `${conditions.environment} · ${utcOf(startedAt)} · ${formatMs(Math.round(durationMs / 100) * 100)}`,
    headline: {
      text: met === undefined ? firstSentence(conclusion) : met ? 'The gate passed' : 'The gate failed',
      detail: met === undefined ? conclusion.slice(firstSentence(conclusion).length).trim() : conclusion,
      tone: met === false || broken ? 'bad' : met === true ? 'good' : 'plain',
    },
    sections: [
      ...(gate === undefined ? [] : [gateSection(gate)]),
      ...schemesSections(schemes),
      ...changeSections('Scale-out', scaleOut),
      ...changeSections('Scale-in', scaleIn, scaleOut),
      ...rolloutSections(rollingUpdate),
      ...nodeLocalSections(report.nodeLocal),
      {
        title: 'How it was measured',
        html: facts([
          [
            'calls',
            `${conditions.ratePerSecond}/s, open loop, deadline ${formatMs(conditions.deadlineMs)}, no retries`,
          ],
          ...conditions.intervals.map(({ name, valueMs, defaultMs }): [string, string] => [
            name,
            valueMs === defaultMs ? formatMs(valueMs) : `${formatMs(valueMs)} here, ${formatMs(defaultMs)} outside`,
          ]),
          ...setUpFacts(conditions),
          ['seed', String(conditions.seed)],
        ]),
      },
    ],
    footer: smallPrint(conditions),
  });
}

function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text;
}

function schemesSections(rows: readonly SchemeRow[]): Section[] {
  const measured = rows.filter(isMeasured);
  if (rows.length === 0) return [];
  const table = htmlTable(
    ['way of calling', 'verdict', 'pods', 'connections', 'p50', 'p99', 'failed', 'why'],
    rows.map((row) =>
      row.status === 'ok'
        ? [
            row.scheme,
            { text: row.verdict, tone: verdictTone[row.verdict] } as const,
            `${row.backends.reached} of ${row.backends.expected}`,
            String(row.connections),
            time(row.latencyMs.p50),
            time(row.latencyMs.p99),
            { text: String(row.failed), tone: row.failed > 0 ? 'bad' : 'plain' } as const,
            { text: row.why, wrap: true } as const,
          ]
        : [
            row.scheme,
            { text: row.status, tone: row.status === 'error' ? 'bad' : 'plain' } as const,
            ...['', '', '', '', ''],
            { text: row.reason, wrap: true } as const,
          ],
    ),
  );
  return [
    ...(measured.length === 0
      ? []
      : [
          {
            title: `How ${Math.max(...measured.map(({ calls }) => calls))} calls were shared`,
            html: shareBars(
              measured.map(({ scheme, backends }) => ({ name: scheme, shares: Object.entries(backends.calls) })),
            ),
          },
        ]),
    { title: 'What that means', html: table },
  ];
}

/** @param before - the change before this one, of the same pods */
function changeSections(title: string, rows: readonly ChangeRow[], before: readonly ChangeRow[] = []): Section[] {
  const measured = rows.filter(isMeasured);
  if (measured.length === 0) return [];
  const known = before.filter(isMeasured);
  const followed = barChart(
    measured.map(({ scheme, convergedMs, windowMs, failed }) => ({
      label: scheme,
      value: convergedMs ?? windowMs,
      text: `${convergedMs === null ? `not within ${formatMs(windowMs)}` : formatMs(Math.round(convergedMs))}${failed > 0 ? `, ${failed} failed` : ''}`,
    })),
  );
  const [from, to] = [measured[0]!.from, measured[0]!.to];
  return [
    { title: `${title}, ${from} → ${to} pods: how long clients took to follow`, html: followed },
    {
      title: `${title}: calls by pod over time`,
      html: measured
        .map((row) =>
          timelinePlot(
            row.scheme,
            row,
            known.find(({ scheme }) => scheme === row.scheme),
          ),
        )
        .join(''),
    },
  ];
}

function rolloutSections(rows: readonly RolloutRow[]): Section[] {
  const measured = rows.filter(isMeasured);
  if (measured.length === 0) return [];
  const table = htmlTable(
    ['way of calling', 'change', 'calls', 'failed', 'p99', 'why'],
    measured.map((row) => [
      row.scheme,
      row.change,
      String(row.calls),
      { text: String(row.failed), tone: row.failed > 0 ? 'bad' : 'good' } as const,
      time(row.latencyMs.p99),
      { text: row.why, wrap: true } as const,
    ]),
  );
  return [
    { title: 'Rolling update and the way back: what was lost', html: table },
    {
      title: 'Rolling update: calls by pod over time',
      html: measured.map((row) => timelinePlot(`${row.scheme}, ${row.change}`, row)).join(''),
    },
  ];
}

function nodeLocalSections(rows: Report['nodeLocal']): Section[] {
  const measured = rows.filter((row) => row.status === 'ok');
  if (measured.length === 0) return [];
  const bars = measured.map(({ policy, backends }) => ({ name: policy, shares: Object.entries(backends.calls) }));
  return [{ title: 'A balancer in front of nodes with different numbers of pods', html: shareBars(bars) }];
}

function time(value: number | null): string {
  return value === null ? '–' : formatMs(value);
}
