import { type Cause, causes } from '../../verdict/cause.ts';
import { minimumCalls, type Verdict } from '../../verdict/verdict.ts';
import type { Explanation } from './scheme.ts';
import { type SchemeId, schemes } from './schemes.ts';

/** Explains the verdict on a scheme. */
export function explainVerdict(
  scheme: SchemeId,
  verdict: Verdict,
  seen: { readonly expected: number; readonly reached: number; readonly answered: number },
): Explanation {
  const usual = schemes[scheme].expected;
  if (usual.verdict === verdict) return { why: usual.why, do: usual.do };
  switch (verdict) {
    case 'balanced':
      return { why: 'every pod got its share', do: 'nothing' };
    case 'skewed':
      return {
        why: 'every pod was reached, but the shares differ by more than chance explains',
        do: 'look for weights, slow pods, or clients with few connections; make more calls to be sure',
      };
    case 'partial':
      return {
        why: `only ${seen.reached} of ${seen.expected} pods were reached`,
        do: 'look for pods that the client cannot connect to, or that its resolver does not name',
      };
    case 'pinned':
      return {
        why: `one of ${seen.expected} pods got every call`,
        do: 'look for pods that the client cannot connect to, or that its resolver does not name',
      };
    case 'inconclusive':
      return seen.expected < 2
        ? { why: 'there is only one pod: nothing to spread', do: 'start more pods with --replicas' }
        : {
            why: `${seen.answered} answered calls are too few for ${seen.expected} pods`,
            do: `make at least ${minimumCalls(seen.expected)} calls with --calls`,
          };
  }
}

/** Explains how a client followed a change. */
export function explainChange(
  scheme: SchemeId,
  kind: 'scale-out' | 'scale-in',
  seen: { readonly converged: boolean; readonly lost: Readonly<Record<Cause, number>> },
): Explanation {
  const { learning, scaleIn } = schemes[scheme];
  if (!seen.converged) {
    return { why: learning?.not ?? 'the client was not told of the change', do: learning?.do ?? 'check its resolver' };
  }
  const loss = explainLoss(seen.lost);
  if (loss !== undefined) return loss;
  if (kind === 'scale-in' && scaleIn !== undefined) return scaleIn;
  return { why: learning?.followed ?? 'the client followed', do: 'nothing' };
}

/** Explains what a rolling update cost the clients of a scheme. */
export function explainRollout(scheme: SchemeId, counts: Readonly<Record<Cause, number>>): Explanation {
  return explainLoss(counts) ?? { why: schemes[scheme].kept, do: 'nothing' };
}

/** Why calls were lost, by the cause that most were lost to. */
const losses: Readonly<Record<Cause, Explanation>> = {
  refused: {
    why: 'the client was sent to an address where nobody listened',
    do: 'make pods ready once they listen, and let those that go answer until clients have left',
  },
  goaway: {
    why: 'a pod closed a connection (GOAWAY) that calls were on their way on; nothing sent them again',
    do: 'leave retries on, or use xds:///: its clients have left a pod before it closes',
  },
  staleAddress: {
    why: 'the client went on calling a pod that had ended: nobody had told it',
    do: 'use xds:///, or a name that is resolved again in time (MaxConnectionAge)',
  },
  drainedTooShort: {
    why: 'a pod ended under calls that it had taken',
    do: 'let pods drain longer (--drain-ms) and finish longer (--grace-ms, the grace period)',
  },
  cut: {
    why: 'a pod that stayed cut calls: the grace of its MaxConnectionAge was over, or it crashed',
    do: 'give aged connections more time than calls take (--max-connection-age-grace-ms)',
  },
  deadline: {
    why: 'answers came later than the deadline; a machine that starts pods has less time for calls',
    do: 'allow more with --deadline, or run it where there are more processors',
  },
  other: {
    why: 'calls failed for another reason; the report has each with its error under "lost"',
    do: 'look at the statuses and at the errors in the report (--report)',
  },
};

/** Explains lost calls by the cause that most of them were lost to; undefined where none was. */
export function explainLoss(counts: Readonly<Record<Cause, number>>): Explanation | undefined {
  const most = causes.toSorted((a, b) => counts[b] - counts[a])[0]!;
  return counts[most] === 0 ? undefined : losses[most];
}
