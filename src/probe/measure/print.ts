import { own } from '../../base/own.ts';
import { counted } from '../../base/words.ts';
import { isLost } from '../../verdict/quantile.ts';
import {
  type Cell,
  type Column,
  details,
  heading,
  type Paint,
  painter,
  sparkline,
  table,
  wrap,
} from '../print/layout.ts';
import { verdictFormat } from '../print/scheme-rows.ts';
import { byStatus } from '../words.ts';
import { formatMs } from './duration.ts';
import { gateLine } from './gate.ts';
import type { ProbeReport } from './report.ts';
import { tellOthers, tellStrangers, tellWho } from './tell-who.ts';

/** More backends than this are not printed one by one. */
const mostRows = 40;
/** Characters of a time line. */
const lineLength = 16;

const columns: readonly Column[] = [
  { title: 'backend', align: 'left' },
  { title: 'calls', align: 'right' },
  { title: 'share', align: 'right' },
  { title: 'p50 ms', align: 'right' },
  { title: 'p99 ms', align: 'right' },
  { title: 'failed', align: 'right' },
  { title: 'calls over time', align: 'left', whole: true },
];

/** The report for a terminal; the gate's line comes last. */
export function printProbe(report: ProbeReport, colour: boolean): string {
  const paint = painter(colour);
  const { backends, conditions, failed, saturation } = report;
  const rows = shownOf(backends.list).map((backend) => cells(backend, report));
  const { intended, achieved } = report.ratePerSecond;
  const rate = intended === null ? `${figure(achieved)}/s` : `${figure(achieved)} of ${figure(intended)}/s`;
  const facts: [string, string][] = [
    ['who', tellWho(report)],
    ...tellStrangers(report),
    [
      'rate',
      `${rate} for ${formatMs(report.durationMs)} (${conditions.arrivals}, ${conditions.loop} loop, engine ${conditions.engine}${conditions.policy === 'none' ? '' : `, ${conditions.policy}`})`,
    ],
    ['ms', `${latencies(report)}  (from when a call was due${failed > 0 ? '; what failed counts as slowest' : ''})`],
    ['lost', failed === 0 ? 'none' : `${failed}: ${byStatus(report.failures)}`],
    ...Object.entries(report.errors).flatMap(([status, error]): [string, string][] =>
      error === '' ? [] : [['', `${status}: ${error}`]],
    ),
    ...(saturation.note === '' ? [] : [['note', saturation.note] as [string, string]]),
    ...(report.inFlight === 0
      ? []
      : [
          ['note', `${report.inFlight} calls were in flight when the run was ended; they count as nothing`] as [
            string,
            string,
          ],
        ]),
    ['also', tellOthers(report)],
    ...report.changes.map(({ event, backend, atMs, followedMs }): [string, string] => [
      event,
      `${backend} at ${formatMs(Math.max(0, atMs))}, ${followedMs === null ? 'not followed' : `followed within ${formatMs(followedMs)}`}`,
    ]),
  ];
  const certainty =
    report.smallestSkewFound === null || report.verdict === 'inconclusive'
      ? []
      : wrap(
          `A false alarm comes in less than 1 of 1,000 runs; so many calls show a backend that gets ${Math.ceil(report.smallestSkewFound * 100)} % more than its share.`,
        );
  return [
    ...heading(`${counted(report.calls, 'call')} to ${report.target}`, report.call, paint),
    '',
    ...table(columns, rows, paint),
    ...(backends.list.length > mostRows ? [`and ${backends.list.length - mostRows} more; the report has all`] : []),
    '',
    ...details(
      heading(report.verdict, '', paint, verdictFormat[report.verdict]),
      [['why', report.why], ['do', report.do], ...facts],
      paint,
    ),
    ...certainty.map((line) => paint('dim', line)),
    ...(report.interrupted ? ['', 'The run was ended early; these are the calls that were made by then.'] : []),
    ...(report.gate === null ? [] : ['', ...printGate(report.gate, paint)]),
  ].join('\n');
}

function printGate(checks: NonNullable<ProbeReport['gate']>, paint: Paint): string[] {
  const colour = checks.every(({ met }) => met) ? 'green' : 'red';
  return wrap(gateLine(checks)).map((line) => paint(colour, line));
}

type Backend = ProbeReport['backends']['list'][number];

/** Those that failed calls are always among them. */
function shownOf(list: readonly Backend[]): readonly Backend[] {
  if (list.length <= mostRows) return list;
  const failing = list.filter(({ failed }) => failed > 0).slice(0, mostRows);
  const others = list.filter(({ failed }) => failed === 0).slice(0, mostRows - failing.length);
  return list.filter((backend) => failing.includes(backend) || others.includes(backend));
}

function cells(backend: Backend, { seconds }: ProbeReport): Cell[] {
  const { name, calls, failed, share, latencyOfAllMs } = backend;
  return [
    { text: name === '' ? '(did not say)' : name },
    { text: String(calls) },
    { text: `${(share * 100).toFixed(1)} %` },
    { text: percentile(0.5, latencyOfAllMs.p50, calls, failed) },
    { text: percentile(0.99, latencyOfAllMs.p99, calls, failed) },
    { text: String(failed), format: failed > 0 ? 'red' : undefined },
    { text: sparkline(squeeze(seconds.map(({ answered }) => own(answered, name) ?? 0))) },
  ];
}

/** `p50 0.84  p99 ≥1000`: of all calls; ≥ where that call got no answer. */
function latencies({ latencyOfAllMs, calls, failed, notSent }: ProbeReport): string {
  const parts = [
    ['p50', 0.5],
    ['p90', 0.9],
    ['p99', 0.99],
    ['p999', 0.999],
    ['max', 1],
  ] as const;
  return parts
    .map(([name, part]) => `${name} ${percentile(part, latencyOfAllMs[name], calls - failed, failed + notSent)}`)
    .join('  ');
}

function percentile(part: number, value: number | null, answered: number, lost: number): string {
  return `${value !== null && isLost(part, answered, lost) ? '≥' : ''}${shortMs(value)}`;
}

function shortMs(value: number | null): string {
  if (value === null) return '–';
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

function figure(rate: number): string {
  return Number(rate.toFixed(rate < 100 ? 1 : 0)).toLocaleString('en');
}

/** At most {@link lineLength} values: means of neighbours. */
function squeeze(values: readonly number[]): number[] {
  if (values.length <= lineLength) return [...values];
  return Array.from({ length: lineLength }, (_, index) => {
    const part = values.slice(
      Math.floor((index * values.length) / lineLength),
      Math.floor(((index + 1) * values.length) / lineLength),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
