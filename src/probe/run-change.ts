import { toHundredths } from '../base/hundredths.ts';
import { causesOf, countCauses } from '../verdict/cause.ts';
import { notFollowed } from '../verdict/convergence.ts';
import { timelineOf } from '../verdict/timeline.ts';
import type { Fixture } from './fixture.ts';
import { type Observation, type ObservedChange, observeChange } from './observe-change.ts';
import type { Progress } from './progress.ts';
import type { ChangeRow, MeasuredChange } from './report.ts';
import { errorOf, type Subject } from './run-scheme.ts';
import { explainChange } from './schemes/explain.ts';

export interface Change {
  readonly kind: 'scale-out' | 'scale-in';
  readonly from: number;
  readonly to: number;
}

/**
 * Changes the number of backends once, while the clients of all schemes call them, and says how each of them followed.
 *
 * A scheme whose client fails gets an error row; the others go on.
 */
export async function runChange(
  subjects: readonly Subject[],
  change: Change,
  fixture: Fixture,
  progress: Progress,
): Promise<ChangeRow[]> {
  const { kind, from, to } = change;
  const observations = await observeChange(subjects, scaling(kind, to), fixture, progress);
  return observations.map(
    (one): ChangeRow =>
      'error' in one ? { ...errorOf(one.subject.scheme, one.error), from, to, convergedMs: null } : rowOf(one, change),
  );
}

/** One change of the number of backends. */
export function scaling(name: Change['kind'], to: number): ObservedChange {
  return {
    name,
    rate: ({ scaleRatePerSecond }) => scaleRatePerSecond,
    failure: `could not scale to ${to}`,
    make: (fixture, observer, runs) => fixture.scale(to, observer, runs),
    settled: ({ convergedMs }) => convergedMs !== null,
  };
}

function rowOf(observation: Observation, { kind, from, to }: Change): MeasuredChange {
  const { subject, stoppedAt, seen, newClient, result, events, addresses } = observation;
  const { scheme, options } = subject;
  const converged = seen.convergedMs !== null;
  const lost = countCauses(causesOf(result.records, events, addresses));
  return {
    scheme: scheme.id,
    title: scheme.title,
    status: 'ok',
    from,
    to,
    convergedMs: seen.convergedMs === null ? null : toHundredths(seen.convergedMs),
    ...(!converged && { reason: `not within ${options.windowMs / 1000} s: ${notFollowed(seen, stoppedAt)}` }),
    windowMs: options.windowMs,
    newClient,
    ...callsOf(observation),
    ...explainChange(scheme.id, kind, { converged, lost }),
  };
}

/** What every row of calls under a change says about them. */
export function callsOf({ ratePerSecond, askedAt, stoppedAt, result, sum, seen, unreadable }: Observation) {
  const since = (at: number): number => toHundredths(at - askedAt);
  const sinceOrNull = (at: number | null): number | null => (at === null ? null : since(at));
  return {
    observedMs: since(stoppedAt),
    ratePerSecond,
    calls: result.calls,
    failures: sum.failures,
    failed: sum.failed,
    latencyMs: sum.latencyMs,
    latencyOfAllMs: sum.latencyOfAllMs,
    added: seen.added.map(({ pod, readyAt, firstAnswerAt }) => ({
      pod,
      readyAtMs: since(readyAt),
      firstAnswerAtMs: sinceOrNull(firstAnswerAt),
    })),
    removed: seen.removed.map(({ pod, terminatingAt, endedAt, lastCallAt }) => ({
      pod,
      terminatingAtMs: since(terminatingAt),
      endedAtMs: sinceOrNull(endedAt),
      lastCallAtMs: sinceOrNull(lastCallAt),
    })),
    late: seen.late,
    timeline: timelineOf(result.records, askedAt),
    unreadable: [...unreadable],
  };
}
