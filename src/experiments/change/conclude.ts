import { list } from '../../base/words.ts';
import { isMeasured } from '../../probe/is-measured.ts';
import { formatMs } from '../../probe/measure/duration.ts';
import type { ChangeKind, ExperimentRow, MeasuredRow } from './report.ts';

/** The run in some sentences; pure. */
export function concludeChange(kind: ChangeKind, rows: readonly ExperimentRow[], interrupted: boolean): string {
  const measured = rows.filter(isMeasured);
  const sentences = measured.length === 0 ? ['Nothing was measured.'] : [];
  if (measured.length > 0 && kind !== 'rolling-update') sentences.push(...followed(kind, measured));
  if (measured.length > 0) sentences.push(...lost(measured));
  const broken = rows.filter(({ status }) => status === 'error').length;
  if (broken > 0) sentences.push(`${broken} ${broken === 1 ? 'measurement' : 'measurements'} failed.`);
  if (interrupted) sentences.push('The run was ended before everything was measured.');
  return sentences.join(' ');
}

function followed(kind: ChangeKind, rows: readonly MeasuredRow[]): string[] {
  const told = rows.filter(({ convergedMs }) => convergedMs !== null).sort((a, b) => a.convergedMs! - b.convergedMs!);
  const blind = rows.filter(({ convergedMs }) => convergedMs === null);
  const what = kind === 'scale-out' ? 'found the new pods' : 'left the old pods';
  return [
    ...(told.length === 0 ? [] : [`${nameOf(told[0]!)} ${what} soonest, after ${formatMs(told[0]!.convergedMs!)}.`]),
    ...(blind.length === 0 ? [] : [`Not in time: ${list(blind.map(nameOf))}.`]),
  ];
}

function lost(rows: readonly MeasuredRow[]): string[] {
  const some = rows.filter(({ failed }) => failed > 0);
  if (some.length === 0) return ['No call failed.'];
  const total = some.reduce((sum, { failed }) => sum + failed, 0);
  const kept = rows.length - some.length;
  const worst = some.toSorted((a, b) => b.failed - a.failed)[0]!;
  return [
    `${total} ${total === 1 ? 'call' : 'calls'} failed in ${some.length} of ${rows.length} rows, most (${worst.failed}) in ${nameOf(worst)}${kept === 0 ? '' : `; none in the other ${kept}`}.`,
  ];
}

/** The scheme, with the client where that is not the usual one, and with what was varied. */
export function nameOf({ variant, scheme, client }: Pick<ExperimentRow, 'variant' | 'scheme' | 'client'>): string {
  const name = client === 'grpc-go' ? `${scheme} (grpc-go)` : scheme;
  return `${name}${variant === null ? '' : `, ${variant}`}`;
}
