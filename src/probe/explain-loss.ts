import { type Cause, causes } from '../verdict/cause.ts';
import type { Explanation } from './explanation.ts';

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
