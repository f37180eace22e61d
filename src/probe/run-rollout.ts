import { toHundredths } from '../base/hundredths.ts';
import { causesOf, countCauses } from '../verdict/cause.ts';
import { type Convergence, quietMs } from '../verdict/convergence.ts';
import { readyRange } from '../verdict/ready-range.ts';
import type { Fixture } from './fixture.ts';
import { type Observation, type ObservedChange, observeChange } from './observe-change.ts';
import type { Progress } from './progress.ts';
import { type MeasuredRollout, mostLost, type RolloutRow } from './report.ts';
import { callsOf } from './run-change.ts';
import { errorOf, type Subject } from './run-scheme.ts';
import { explainRollout } from './schemes/explain.ts';

/** `update` to a new version, `rollback` to the one before. */
export type RolloutKind = RolloutRow['change'];

/** Replaces all backends once, while the clients of all schemes call them, and says which calls that cost. */
export async function runRollout(
  subjects: readonly Subject[],
  kind: RolloutKind,
  fixture: Fixture,
  progress: Progress,
): Promise<RolloutRow[]> {
  const observations = await observeChange(subjects, rolling(kind), fixture, progress);
  return observations.map(
    (one): RolloutRow =>
      'error' in one ? { ...errorOf(one.subject.scheme, one.error), change: kind } : rowOf(one, kind),
  );
}

/** One replacement of all backends. */
export function rolling(kind: RolloutKind, name: string = kind): ObservedChange {
  return {
    name,
    rate: ({ rollRatePerSecond }) => rollRatePerSecond,
    failure: kind === 'update' ? 'could not update the backends' : 'could not bring the version before back',
    make: (fixture, observer, runs) => fixture.rollout(kind === 'update' ? 'update' : 'undo', observer, runs),
    settled: isQuiet,
  };
}

/** Whether no call has failed for a while, and none went to a pod that is on its way out. */
function isQuiet(seen: Convergence, records: Observation['result']['records'], now: number): boolean {
  const lost = records.findLast(({ status }) => status !== 'OK')?.endedAt ?? 0;
  return Math.max(lost, ...seen.removed.map(({ lastCallAt }) => lastCallAt ?? 0)) <= now - quietMs;
}

function rowOf(observation: Observation, kind: RolloutKind): MeasuredRollout {
  const { subject, askedAt, before, events, addresses, result } = observation;
  const { id, title } = subject.scheme;
  const lost = causesOf(result.records, events, addresses);
  const causes = countCauses(lost);
  const since = (at: number): number => toHundredths(at - askedAt);
  return {
    scheme: id,
    title,
    change: kind,
    status: 'ok',
    pods: before.length,
    ready: readyRange(
      before.map(({ name }) => name),
      events,
    ),
    causes,
    lost: lost.slice(0, mostLost).map(({ call: { sentAt, endedAt, status, peer, error }, cause }) => ({
      cause,
      status,
      sentAtMs: since(sentAt),
      endedAtMs: since(endedAt),
      ...(peer !== undefined && { peer }),
      ...(error !== undefined && { error }),
    })),
    ...callsOf(observation),
    ...explainRollout(id, causes),
  };
}
