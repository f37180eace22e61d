import { formatMs } from '../measure/duration.ts';
import type { ProbeReport } from '../measure/report.ts';
import { barChart } from './bars.ts';
import { gateSection } from './gate-section.ts';
import { lineChart } from './lines.ts';
import { facts, htmlTable, paragraph, renderPage, type Section } from './page.ts';
import { failedSeries, stackedChart } from './stacked.ts';
import { verdictTone } from './tones.ts';

/** The report of `evenkeel probe` as one page of HTML. */
export function probePage(report: ProbeReport): string {
  const { verdict, why, target, call, startedAt, conditions, calls, failed, gate } = report;
  const started = startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  const failedGate = gate?.some(({ met }) => !met) === true;
  return renderPage({
    title: `${target} is ${verdict}`.replace(/ is inconclusive$/, ': inconclusive'),
    subtitle: `${call} · ${started} · ${conditions.arrivals} for ${formatMs(report.durationMs)}`,
    headline: {
      text: why.charAt(0).toUpperCase() + why.slice(1),
      detail: `${calls} calls, ${failed} failed, p99 ${ms(report.latencyMs.p99)}. To do: ${report.do}.`,
      tone: failedGate ? 'bad' : verdictTone[verdict],
    },
    sections: [
      ...(gate === null ? [] : [gateSection(gate)]),
      ...(report.saturation.note === '' ? [] : [{ title: 'Beware', html: paragraph(report.saturation.note) }]),
      shares(report),
      overTime(report),
      latency(report),
      ...(failed === 0 ? [] : [failures(report)]),
      known(report),
    ],
    footer: `evenkeel ${conditions.versions.evenkeel ?? ''}, seed ${conditions.seed}. Verdicts come from a rule with fewer than 1 false alarm in 1,000 runs. Nothing on this page is loaded from elsewhere.`,
  });
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
        values: { failed, ...Object.fromEntries(named.map(({ name, key }) => [name, answered[key] ?? 0])) },
      })),
      x: { title: 'seconds' },
      y: { title: 'calls that were due in a second' },
      events,
    }),
  };
}

function latency({ seconds, latencyMs, backends }: ProbeReport): Section {
  const line = (name: string, part: 'p50' | 'p99' | 'max', colour: string) => ({
    name,
    colour,
    points: seconds.flatMap(({ atMs, latencyMs }) =>
      latencyMs[part] === null ? [] : [[atMs / 1000, latencyMs[part]] as const],
    ),
  });
  const rows = [
    { name: 'all', latencyMs, calls: backends.list.reduce((sum, { calls }) => sum + calls, 0) },
    ...backends.list,
  ].map(({ name, latencyMs, calls }) => [
    name === '' ? '(did not say)' : name,
    String(calls),
    ...([latencyMs.p50, latencyMs.p90, latencyMs.p99, latencyMs.p999, latencyMs.max] as const).map(ms),
  ]);
  return {
    title: 'Latency, from when a call was due',
    html: `${lineChart({
      lines: [
        line('slowest', 'max', 'var(--rest)'),
        line('99th percentile', 'p99', 'var(--c1)'),
        line('median', 'p50', 'var(--c0)'),
      ],
      x: { title: 'seconds' },
      y: { title: 'ms' },
    })}${htmlTable(['backend', 'answered', 'p50', 'p90', 'p99', 'p99.9', 'max'], rows)}`,
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
  const { conditions, identifier, backends, ratePerSecond, saturation, warmupCalls } = report;
  const intended = ratePerSecond.intended === null ? '' : ` of ${ratePerSecond.intended}`;
  return {
    title: 'How it was measured',
    html: facts([
      ['who answered', `${identifier.by}${identifier.found ? ', found from the answers' : ''}`],
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
      [
        'versions',
        Object.entries(conditions.versions)
          .map((pair) => pair.join(' '))
          .join(', '),
      ],
    ]),
  };
}

function ms(value: number | null): string {
  return value === null ? '–' : formatMs(value);
}
