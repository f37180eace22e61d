import { list } from '../base/words.ts';
import { isMeasured } from './is-measured.ts';
import { formatMs } from './measure/duration.ts';
import type { ChangeRow, MeasuredChange, Report, RolloutRow, Sections } from './report.ts';

/** The run in one sentence: what keeps the load even, what does not, and who followed the pods. */
export function conclude(report: Sections & Pick<Report, 'interrupted'>): string {
  const { schemes, scaleOut, scaleIn, rollingUpdate, interrupted } = report;
  const measured = schemes.filter(isMeasured);
  if (measured.length === 0) {
    if (interrupted) return 'The run was ended before anything was measured.';
    return schemes.some(({ status }) => status === 'error') ? 'Every measurement failed.' : 'Nothing was measured.';
  }
  const even = measured.filter(({ verdict }) => verdict === 'balanced').map(({ scheme }) => scheme);
  const uneven = measured.filter(({ verdict }) => verdict !== 'balanced' && verdict !== 'inconclusive');
  const parts = [
    even.length === 0
      ? 'None of the measured ways of calling keeps the load even'
      : `${list(even)} ${even.length === 1 ? 'keeps' : 'keep'} the load even`,
    ...(uneven.length === 0 || even.length === 0
      ? []
      : [`${list(uneven.map(({ scheme }) => scheme))} ${uneven.length === 1 ? 'does' : 'do'} not`]),
  ];
  const sentences = [`${parts.join(', ')}.`];
  const out = followers(scaleOut);
  if (out.all.length > 0) {
    const quickest = out.followed.toSorted((a, b) => a.convergedMs! - b.convergedMs!)[0];
    sentences.push(
      quickest === undefined
        ? 'No client found the new pods in time.'
        : `New pods got calls soonest through ${quickest.scheme} (${formatMs(quickest.convergedMs!)})${missing(out)}.`,
    );
  }
  const changes = [...out.all, ...followers(scaleIn).all];
  if (changes.length > 0) {
    const lossy = changes.filter(({ failed }) => failed > 0);
    const failed = lossy.reduce((sum, row) => sum + row.failed, 0);
    sentences.push(
      failed === 0
        ? 'No call failed while pods came and went.'
        : `While pods came and went, ${failed} ${failed === 1 ? 'call' : 'calls'} failed: ${list([...new Set(lossy.map(({ scheme }) => scheme))])}.`,
    );
  }
  sentences.push(...cost(rollingUpdate));
  const broken = [...schemes, ...scaleOut, ...scaleIn, ...rollingUpdate].filter(
    ({ status }) => status === 'error',
  ).length;
  if (broken > 0) sentences.push(`${broken} ${broken === 1 ? 'measurement' : 'measurements'} failed.`);
  if (interrupted) sentences.push('The run was ended before everything was measured.');
  return sentences.join(' ');
}

/** What the rolling update and the way back cost, together. */
function cost(rows: readonly RolloutRow[]): string[] {
  const lost = new Map<string, number>();
  for (const row of rows) {
    if (row.status === 'ok') lost.set(row.scheme, (lost.get(row.scheme) ?? 0) + row.failed);
  }
  if (lost.size === 0) return [];
  const some = [...lost].filter(([, failed]) => failed > 0).map(([scheme, failed]) => `${scheme} ${failed}`);
  if (some.length === 0) return ['Rolling updates cost no call.'];
  const noun = some.length === 1 && some[0]!.endsWith(' 1') ? 'call' : 'calls';
  return [`Rolling updates cost ${list(some)} ${noun}${some.length === lost.size ? '' : ', the others none'}.`];
}

interface Followers {
  readonly all: readonly MeasuredChange[];
  readonly followed: readonly MeasuredChange[];
}

function followers(rows: readonly ChangeRow[]): Followers {
  const all = rows.filter(isMeasured);
  return { all, followed: all.filter(({ convergedMs }) => convergedMs !== null) };
}

function missing({ all, followed }: Followers): string {
  const blind = all.filter((row) => !followed.includes(row)).map(({ scheme }) => scheme);
  return blind.length === 0 ? '' : `, through ${list(blind)} not within ${formatMs(all[0]!.windowMs)}`;
}
