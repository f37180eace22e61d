import { type Cell, type Column, details, painter, sparkline, table, wrap } from '../print/layout.ts';
import { verdictFormat } from '../print/schemes.ts';
import { formatMs } from './duration.ts';
import { gateLine } from './gate.ts';
import type { ProbeReport } from './report.ts';

/** More backends than this are not printed one by one. */
const mostRows = 40;
/** Characters of a time line. */
const lineLength = 24;

const columns: readonly Column[] = [
  { title: 'backend', align: 'left' },
  { title: 'calls', align: 'right' },
  { title: 'share', align: 'right' },
  { title: 'p50 ms', align: 'right' },
  { title: 'p99 ms', align: 'right' },
  { title: 'failed', align: 'right' },
  { title: 'calls over time', align: 'left' },
];

const sources = {
  flag: '--backends',
  dns: 'DNS',
  endpointslices: 'EndpointSlices',
  xds: 'xDS',
  target: 'the target',
  answers: 'nobody',
} as const;

/** The report for a terminal; the gate's line comes last. */
export function printProbe(report: ProbeReport, colour: boolean): string {
  const paint = painter(colour);
  const { backends, conditions, latencyMs, failed, seconds, saturation } = report;
  const shown = backends.list.slice(0, mostRows);
  const rows = shown.map(({ name, calls, share, latencyMs, failures }): Cell[] => {
    const lost = Object.values(failures).reduce((sum, count) => sum + count, 0);
    return [
      { text: name === '' ? '(did not say)' : name },
      { text: String(calls) },
      { text: `${(share * 100).toFixed(1)} %` },
      { text: shortMs(latencyMs.p50) },
      { text: shortMs(latencyMs.p99) },
      { text: String(lost), format: lost > 0 ? 'red' : undefined },
      { text: sparkline(squeeze(seconds.map(({ answered }) => answered[name] ?? 0))) },
    ];
  });
  const { intended, achieved } = report.ratePerSecond;
  const rate = intended === null ? `${figure(achieved)}/s` : `${figure(achieved)} of ${figure(intended)}/s`;
  const reached =
    backends.expected === null
      ? `${backends.reached} answered, how many there are is not known`
      : `${backends.reached} of ${backends.expected} answered, known from ${sources[backends.source]}`;
  const latency = (['p50', 'p90', 'p99', 'p999', 'max'] as const).map((part) => `${part} ${shortMs(latencyMs[part])}`);
  const facts: [string, string][] = [
    ['who', `${report.identifier.by}${report.identifier.found ? ' (found)' : ''}; ${reached}`],
    [
      'rate',
      `${rate} for ${formatMs(report.durationMs)} (${conditions.arrivals}, ${conditions.loop} loop, engine ${conditions.engine}${conditions.policy === 'none' ? '' : `, ${conditions.policy}`})`,
    ],
    ['ms', `${latency.join('  ')}  (from when a call was due)`],
    [
      'lost',
      failed === 0
        ? 'none'
        : `${failed}: ${Object.entries(report.failures)
            .map(([status, count]) => `${status} ${count}`)
            .join(', ')}`,
    ],
    ...Object.entries(report.errors).map(([status, error]): [string, string] => ['', `${status}: ${error}`]),
    ...(saturation.note === '' ? [] : [['note', saturation.note] as [string, string]]),
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
    paint('bold', `${report.calls} calls to ${report.target}`) + paint('dim', `  ${report.call}`),
    '',
    ...table(columns, rows, paint),
    ...(backends.list.length > mostRows ? [`and ${backends.list.length - mostRows} more; the report has all`] : []),
    '',
    ...details(
      paint(verdictFormat[report.verdict], report.verdict),
      [['why', report.why], ['do', report.do], ...facts],
      paint,
    ),
    ...certainty.map((line) => paint('dim', line)),
    ...(report.interrupted ? ['', 'The run was ended early; these are the calls that were made by then.'] : []),
    ...(report.gate === null ? [] : ['', ...wrap(paintGate(report.gate, paint))]),
  ].join('\n');
}

function paintGate(checks: NonNullable<ProbeReport['gate']>, paint: ReturnType<typeof painter>): string {
  return paint(checks.every(({ met }) => met) ? 'green' : 'red', gateLine(checks));
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
