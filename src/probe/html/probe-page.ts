import { own } from '../../base/own.ts';
import { isLost } from '../../verdict/quantile.ts';
import { formatMs } from '../measure/duration.ts';
import { gateLine } from '../measure/gate.ts';
import type { ProbeReport } from '../measure/report.ts';
import { tellOthers, tellStrangers, tellWho } from '../measure/tell-who.ts';
import { byStatus, sentence, utcOf } from '../words.ts';
import { barChart } from './bars.ts';
import { gateSection } from './gate-section.ts';
import { lineChart } from './lines.ts';
import { facts, htmlTable, type Page, paragraph, renderPage, type Section, setUpFacts, smallPrint } from './page.ts';
import { failedSeries, stackedChart } from './stacked.ts';
import { verdictTone } from './tones.ts';

/** The report of `evenkeel probe` as one page of HTML. */
export function probePage(report: ProbeReport): string {
  const { call, startedAt, conditions, failed, gate } = report;
  return renderPage({
    title: titleOf(report),
    subtitle: `${call} · ${utcOf(startedAt)} · ${conditions.arrivals} for ${formatMs(report.durationMs)}`,
    headline: headlineOf(report),
    sections: [
      ...(gate === null ? [] : [gateSection(gate)]),
      ...(report.saturation.note === '' ? [] : [{ title: 'Beware', html: paragraph(report.saturation.note) }]),
      ...(failed === 0 ? [] : [failuresByBackend(report)]),
      shares(report),
      overTime(report),
      latency(report),
      ...(failed === 0 ? [] : [failures(report)]),
      known(report),
    ],
    footer: smallPrint(conditions, `, seed ${conditions.seed}`),
  });
}

/** With a gate its result: it is what the run was made for. */
function titleOf({ target, verdict, gate }: ProbeReport): string {
  if (gate !== null) return `${target}: the gate ${gate.every(({ met }) => met) ? 'passed' : 'failed'}`;
  return verdict === 'inconclusive' ? `${target}: inconclusive` : `${target} is ${verdict}`;
}

function headlineOf(report: ProbeReport): Page['headline'] {
  const { verdict, why, calls, failed, notSent, inFlight, gate } = report;
  const counts = [
    `${calls} calls, ${failed} failed`,
    ...(notSent === 0 ? [] : [`${notSent} more never sent`]),
    ...(inFlight === 0 ? [] : [`${inFlight} in flight when the run was ended`]),
    `p99 ${p99Of(report)}`,
  ].join(', ');
  const todo = report.do === 'nothing' ? '' : ` To do: ${report.do}.`;
  const seen = `${sentence(why)}. ${counts}.${todo}`;
  if (gate === null) return { text: sentence(why), detail: `${counts}.${todo}`, tone: verdictTone[verdict] };
  const line = sentence(gateLine(gate)).replace(/^Gate/, 'The gate');
  const met = gate.every((check) => check.met);
  return met
    ? { text: 'The gate passed', detail: seen, tone: 'good' }
    : { text: 'The gate failed', detail: `${line.replace(/^The gate failed: e/, 'E')}. ${seen}`, tone: 'bad' };
}

const parts = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p99', 0.99],
  ['p999', 0.999],
  ['max', 1],
] as const;

/** A percentile of all calls; `≥` where that call got no answer. */
function orMore(part: number, value: number | null, answered: number, lost: number): string {
  return `${isLost(part, answered, lost) ? '≥ ' : ''}${ms(value)}`;
}

function p99Of({ latencyOfAllMs: { p99 }, calls, failed, notSent }: ProbeReport): string {
  return orMore(0.99, p99, calls - failed, failed + notSent);
}

/** Which backend fails, and what nobody can be blamed for. */
function failuresByBackend({ backends, failed, failures }: ProbeReport): Section {
  const failing = backends.list.filter((one) => one.failed > 0).toSorted((a, b) => b.failed - a.failed);
  const named = failing.reduce((sum, one) => sum + one.failed, 0);
  const rest = Object.entries(failures).flatMap(([status, count]): [string, number][] => {
    const known = failing.reduce((sum, one) => sum + (one.failures[status] ?? 0), 0);
    return count > known ? [[status, count - known]] : [];
  });
  const rows = [
    ...failing.map((one) => ({
      ...one,
      name: one.name === '' ? '(did not say)' : one.name,
      all: one.calls + one.failed,
    })),
    ...(failed > named
      ? [
          {
            name: '(no backend known)',
            failed: failed - named,
            all: failed - named,
            failures: Object.fromEntries(rest),
          },
        ]
      : []),
  ];
  return {
    title: 'Failures by backend',
    html: htmlTable(
      ['backend', 'failed', 'of its calls', 'with'],
      rows.map(({ name, failed, all, failures }) => [
        name,
        { text: String(failed), tone: 'bad' } as const,
        `${((100 * failed) / all).toFixed(1)} %`,
        { text: byStatus(failures), wrap: true } as const,
      ]),
    ),
  };
}

function shares({ backends, verdict, smallestSkewFound }: ProbeReport): Section {
  const even = backends.expected ?? backends.reached;
  const bars = backends.list.map(({ name, calls, share }) => ({
    label: name === '' ? '(did not say)' : name,
    value: share,
    text: `${(share * 100).toFixed(1)} %, ${calls} calls`,
  }));
  const certainty =
    smallestSkewFound === null || verdict === 'inconclusive'
      ? ''
      : paragraph(
          `So many calls show a backend that gets ${Math.ceil(smallestSkewFound * 100)} % more than its share in nine of ten runs.`,
        );
  return { title: 'Who answered', html: barChart(bars, even > 0 ? 1 / even : undefined) + certainty };
}

function overTime({ backends, seconds, changes, durationMs }: ProbeReport): Section {
  const named = backends.list.map(({ name }) => ({ name: name === '' ? '(did not say)' : name, key: name }));
  const events = changes.map(({ event, backend, atMs }) => ({
    x: Math.max(0, atMs / 1000),
    name: `${backend} ${event}`,
  }));
  return {
    title: 'Calls by backend, second by second',
    html: stackedChart({
      series: [...named, ...failedSeries(seconds)],
      buckets: seconds.map(({ atMs, answered, failed }) => ({
        from: atMs / 1000,
        to: Math.max(atMs, Math.min(durationMs, atMs + 1000)) / 1000,
        values: {
          failed,
          ...Object.fromEntries(named.map(({ name, key }) => [name, own(answered, key) ?? 0])),
        },
      })),
      x: { title: 'seconds' },
      y: { title: 'calls that were due in a second' },
      events,
    }),
  };
}

function latency({ seconds, latencyOfAllMs, backends, calls, failed }: ProbeReport): Section {
  const line = (name: string, part: 'p50' | 'p99' | 'max', colour: string) => ({
    name,
    colour,
    points: seconds.flatMap(({ atMs, latencyOfAllMs }) =>
      latencyOfAllMs[part] === null ? [] : [[atMs / 1000, latencyOfAllMs[part]] as const],
    ),
  });
  const rows = [{ name: 'all', latencyOfAllMs, calls: calls - failed, failed }, ...backends.list].map(
    ({ name, latencyOfAllMs, calls, failed }) => [
      name === '' ? '(did not say)' : name,
      String(calls),
      { text: String(failed), tone: failed > 0 ? 'bad' : 'plain' } as const,
      ...parts.map(([name, part]) => orMore(part, latencyOfAllMs[name], calls, failed)),
    ],
  );
  return {
    title: `Latency, from when a call was due${failed > 0 ? '; what failed counts as slowest' : ''}`,
    html: `${lineChart({
      lines: [
        line('slowest', 'max', 'var(--soft)'),
        line('99th percentile', 'p99', 'var(--c1)'),
        line('median', 'p50', 'var(--c0)'),
      ],
      x: { title: 'seconds' },
      y: { title: 'ms' },
    })}${htmlTable(['backend', 'answered', 'failed', 'p50', 'p90', 'p99', 'p99.9', 'max'], rows)}`,
  };
}

function failures({ failures, errors }: ProbeReport): Section {
  const rows = Object.entries(failures).map(([status, count]) => [
    status,
    String(count),
    { text: errors[status] ?? '', wrap: true } as const,
  ]);
  return { title: 'What failed', html: htmlTable(['status', 'calls', 'the first in its own words'], rows) };
}

function known(report: ProbeReport): Section {
  const { conditions, backends, ratePerSecond, saturation, warmupCalls } = report;
  const intended = ratePerSecond.intended === null ? '' : ` of ${ratePerSecond.intended}`;
  return {
    title: 'How it was measured',
    html: facts([
      ['who answered', tellWho(report)],
      ...tellStrangers(report).map(([label, text]): [string, string] => ['', `${label} ${text}`]),
      ['other calls', tellOthers(report)],
      ['backends', `${backends.reached} answered, ${backends.expected ?? 'unknown'} expected (${backends.source})`],
      ['arrivals', `${conditions.arrivals}, ${conditions.loop} loop`],
      ['rate', `${ratePerSecond.achieved}${intended} calls/s`],
      [
        'client',
        `${conditions.engine}, ${conditions.policy}, connections: ${conditions.connections || 'one a call'}; no retries`,
      ],
      ['deadline', formatMs(conditions.deadlineMs)],
      ['warm-up', `${formatMs(conditions.warmupMs)}, ${warmupCalls} calls`],
      [
        'this program',
        `busy for ${Math.round(saturation.busy * 100)} % of the time, latest call ${formatMs(saturation.latestMs)} late`,
      ],
      ...setUpFacts(conditions),
    ]),
  };
}

function ms(value: number | null): string {
  return value === null ? '–' : formatMs(value);
}
