import { isMeasured } from '../../probe/is-measured.ts';
import { formatMs } from '../../probe/measure/duration.ts';
import { percentile } from '../../probe/print/latency.ts';
import { heading, painter, wrap } from '../../probe/print/layout.ts';
import { causes, causeTitles } from '../../verdict/cause.ts';
import { type RowColumn, rowTable } from '../rows.ts';
import { nameOf } from './conclude.ts';
import type { ChangeKind, ChangeReport, ExperimentRow, MeasuredRow } from './report.ts';

export const titles: Readonly<Record<ChangeKind, string>> = {
  'scale-out': 'How soon new pods get calls',
  'scale-in': 'How soon pods that go are left alone',
  'rolling-update': 'What a rolling update costs',
};

/** Columns that say something in this report. */
export function columnsOf({ kind, rows }: ChangeReport): readonly RowColumn<MeasuredRow>[] {
  return [
    ...(rows.some(({ variant }) => variant !== null) ? [['variant', variantOf] as const] : []),
    ['scheme', ({ scheme }) => scheme],
    ['client', ({ client }) => client],
    ...(kind === 'rolling-update' ? [] : [['followed after', followedAfter] as const]),
    ['calls', ({ calls }) => String(calls)],
    ['failed', ({ failed }) => String(failed)],
    ['p99 ms', (row) => percentile(0.99, row.p99OfAllMs, row)],
    ...(kind === 'scale-out' ? [] : [['to old pods', toOldPods] as const]),
    ['lost to', lostTo],
  ];
}

export function printChange(report: ChangeReport, colour: boolean): string {
  const paint = painter(colour);
  const { kind, conditions, rows } = report;
  const pods =
    conditions.from === conditions.to ? `${conditions.from} pods` : `${conditions.from} → ${conditions.to} pods`;
  const how = `(${pods}, ${conditions.ratePerSecond} calls/s by each client)`;
  const shown = columnsOf(report).filter(([title]) => title !== 'lost to');
  const names = shown.findIndex(([title]) => title === 'client') + 1;
  const measured = rows.filter(isMeasured);
  return [
    ...heading(titles[kind], how, paint),
    '',
    ...rowTable(shown, measured, names, paint),
    ...measured.flatMap((row) => (row.failed === 0 ? [] : wrap(`${nameOf(row)}: lost to ${lostTo(row)}`, 2))),
    ...rows.flatMap((row) => (row.status === 'ok' ? [] : wrap(`${rowName(row)}  ${row.status}: ${row.reason}`, 2))),
    '',
    ...wrap(conditionsLine(report)),
    ...(measured.some(({ client }) => client === 'grpc-go') ? wrap(goNote) : []),
    '',
    ...wrap(report.conclusion).map((line) => paint('bold', line)),
  ].join('\n');
}

export function conditionsLine({ conditions }: ChangeReport): string {
  const { endpointDelayMs, clientDnsMs, deadlineMs, seed } = conditions;
  const published =
    endpointDelayMs === null ? 'by the cluster in its own time' : `${formatMs(endpointDelayMs)} after a pod's event`;
  return `Endpoints are published ${published}, gRPC clients resolve names at most every ${formatMs(clientDnsMs)} (elsewhere 30 s), calls have a deadline of ${formatMs(deadlineMs)}; seed ${seed}.`;
}

/** What a reader must know who compares rows of grpc-go with others. */
export const goNote =
  'grpc-go has no switch for transparent retries: it makes a call once more that crossed with a GOAWAY, in all of its rows.';

export function rowName({ variant, scheme, client }: ExperimentRow): string {
  return [variant, scheme, client].filter((part) => part !== null).join('  ');
}

const variantOf = ({ variant }: MeasuredRow): string => variant ?? '';

function followedAfter({ convergedMs }: MeasuredRow): string {
  return convergedMs === null ? 'not in time' : formatMs(convergedMs);
}

function toOldPods({ onOldPods }: MeasuredRow): string {
  return String(onOldPods.answered + onOldPods.failed);
}

function lostTo({ causes: counts }: MeasuredRow): string {
  return causes
    .filter((cause) => counts[cause] > 0)
    .map((cause) => `${causeTitles[cause]} ${counts[cause]}`)
    .join(', ');
}
