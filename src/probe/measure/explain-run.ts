import { type Distribution, minimumCalls } from '../verdict/verdict.ts';
import type { ProbeOptions } from './options.ts';

/** What is known of a run that a reader wants explained. */
export interface Known {
  readonly expected: number | null;
  readonly reached: number;
  readonly judged: number;
  /** All answers came from one address that is not known to be a backend's. */
  readonly hidden: boolean;
  readonly answered: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly notSent: number;
  /** Backends that failed every call that is known to have gone there. */
  readonly failing: readonly string[];
  readonly options: ProbeOptions;
}

interface Explanation {
  readonly why: string;
  readonly do: string;
}

/** The cause of what was seen and what to do about it, a line each; pure. */
export function explainRun({ verdict }: Distribution, known: Known): Explanation {
  const { expected, reached, answered, failing } = known;
  if (answered === 0) return explainNothing(known);
  const enough = expected === null ? reached : expected;
  switch (verdict) {
    case 'balanced':
      return {
        why: `every one of ${enough} backends got its share${expected === null ? ' of those that answered' : ''}`,
        do: expected === null ? 'say how many there ought to be with --backends' : 'nothing',
      };
    case 'skewed':
      return {
        why: 'every backend was reached, but the shares differ by more than chance explains',
        do: 'look for weights, slow backends, or callers with few connections; more calls make it surer',
      };
    case 'pinned':
      return failing.length > 0
        ? explainFailing(known)
        : { why: `one of ${expected} backends answered every call`, do: adviceOnPinned(known) };
    case 'partial':
      return failing.length > 0
        ? explainFailing(known)
        : {
            why: `only ${reached} of ${expected} backends answered`,
            do: 'look for backends that cannot be reached or that the resolver does not name',
          };
    case 'inconclusive':
      return explainInconclusive(known);
  }
}

function explainNothing({ failed, failures, notSent }: Known): Explanation {
  if (failed > 0) {
    const [[status, count] = ['', 0]] = Object.entries(failures).sort((a, b) => b[1] - a[1]);
    return {
      why: `all ${failed} calls failed, ${count} of them with ${status}`,
      do: 'look at the failures: the target was reached and answered with errors, or gave no answer in time',
    };
  }
  if (notSent > 0) {
    return { why: `none of ${notSent} calls left this program`, do: 'allow more connections, or a lower --rate' };
  }
  return { why: 'no call was made', do: 'let it run longer' };
}

function explainFailing({ expected, reached, failing }: Known): Explanation {
  const some = failing.slice(0, 3).join(', ');
  const names = failing.length > 3 ? `${some} and ${failing.length - 3} more` : some;
  const verb = failing.length === 1 ? 'was reached and fails' : 'were reached and fail';
  return {
    why: `only ${reached} of ${expected} backends answered; ${names} ${verb} every call`,
    do: 'look at the failures of that backend and at its log',
  };
}

function adviceOnPinned({ options: { target, policy, connections } }: Known): string {
  const grpc = target.kind === 'grpc';
  if (grpc && target.scheme !== 'xds' && policy === 'pick_first') {
    return 'a gRPC channel stays on one connection: try --policy round_robin with a headless Service, or xds:///';
  }
  return !grpc && connections > 0
    ? 'a kept-alive connection stays with its backend: try --new-connections, or a proxy that balances by call'
    : 'look for backends that cannot be reached or that the resolver does not name';
}

function explainInconclusive({ expected, reached, judged, hidden }: Known): Explanation {
  if (judged === 0) return { why: 'no call was answered by a backend that is known', do: 'look at the failures' };
  if (hidden && expected !== 1) {
    return {
      why: 'every answer came from one address, which may stand for many backends, and none says which one gave it',
      do: 'let the backends say who they are in a header or field of their answers, and name it with --identify',
    };
  }
  const enough = expected === null ? reached : expected;
  if (enough < 2) {
    return expected === null
      ? {
          why: 'one backend answered, and nobody said how many there are',
          do: 'say how many there ought to be with --backends',
        }
      : { why: 'there is only one backend', do: 'nothing: there is nothing to spread' };
  }
  return {
    why: `${judged} answered calls are too few for ${enough} backends`,
    do: `make at least ${minimumCalls(enough)} calls, with --calls or --duration`,
  };
}
