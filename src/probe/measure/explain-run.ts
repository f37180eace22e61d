import { listSome } from '../../base/words.ts';
import type { Doubt, Wanted } from '../../verdict/match-backends.ts';
import { minimumCalls } from '../../verdict/verdict.ts';
import type { Judged } from './judge-run.ts';
import type { ProbeOptions } from './options.ts';

/** What a verdict is explained by. */
export interface Explainable {
  readonly judged: Judged;
  readonly missed: readonly Wanted[];
  /** Backends that got calls and failed every one, among those that answered nothing. */
  readonly failing: readonly Wanted[];
  /** From when calls were judged; 0: all. */
  readonly judgedFromMs: number;
  /** Of all counted calls. */
  readonly answered: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly notSent: number;
  readonly options: ProbeOptions;
}

interface Explanation {
  readonly why: string;
  readonly do: string;
}

/** The cause of what was seen and what to do, one line each; pure. */
export function explainRun(run: Explainable): Explanation {
  const { judged, missed, failing, options } = run;
  if (run.answered === 0) return nothing(run);
  const { found, matched, doubt } = judged;
  if (doubt !== undefined && found.verdict === 'inconclusive' && judged.judged > 0) {
    if (!(doubt === 'hidden' && options.backends === 1)) return doubtful(doubt, judged, options);
  }
  const strangers = matched.unexpected.map(({ name }) => name);
  const quiet = [...matched.silent, ...missed].filter((backend) => !failing.includes(backend)).map(nameOf);
  const failingNames = [...failing.map(nameOf), ...judged.failingNames];
  const also = [
    ...(quiet.length === 0 || matched.by === 'count' ? [] : [`${listed(quiet)} got no call`]),
    ...(failingNames.length === 0
      ? []
      : [
          `${listed(failingNames)} ${failingNames.length === 1 ? 'was reached and fails' : 'were reached and fail'} every call`,
        ]),
    ...(strangers.length === 0 ? [] : [`${listed(strangers)} answered and ought not to`]),
  ];
  const { why, do: advice } = plain(run);
  return {
    why: [why, ...also].join('; '),
    do:
      strangers.length > 0
        ? `look for what still sends calls to ${listed(strangers)}: old addresses, or pods of another Service`
        : failingNames.length > 0
          ? 'look at the failures of that backend and at its log'
          : advice,
  };
}

function nothing({ failed, failures, notSent }: Explainable): Explanation {
  if (failed > 0) {
    const [[status, count] = ['', 0]] = Object.entries(failures).sort((a, b) => b[1] - a[1]);
    return {
      why: `all ${failed} calls failed, ${count} of them with ${status}`,
      do: 'look at the failures: the target was reached and answered with errors, or gave no whole answer in time',
    };
  }
  if (notSent > 0) {
    return { why: `none of ${notSent} calls left this program`, do: 'allow more connections, or a lower --rate' };
  }
  return { why: 'no call was made', do: 'let it run longer' };
}

function plain({
  judged: { found, judged, backends, matched, failures },
  judgedFromMs,
  options,
}: Explainable): Explanation {
  const { target, policy, connections } = options;
  const { expected, reached } = matched;
  const grpc = target.kind === 'grpc';
  const unreached = 'look for backends that cannot be reached or that the resolver does not name';
  switch (found.verdict) {
    case 'balanced': {
      const counted = matched.by === 'count' && expected !== null;
      return {
        why: `every one of ${backends} backends got its share${expected === null ? ' of those that answered' : counted ? '; they were counted: which ought to answer is not known' : ''}`,
        do: expected === null ? 'say how many there ought to be with --backends' : 'nothing',
      };
    }
    case 'skewed':
      if (failures !== undefined) {
        const { name, failed, calls } = failures;
        return {
          why: `calls were spread evenly, but their answers were not: ${listed([name])} failed ${failed} of ${calls}`,
          do: 'look at the failures of that backend and at its log',
        };
      }
      return {
        why:
          found.pValue === null || matched.unexpected.length === 0
            ? 'every backend was reached, but the shares differ by more than chance explains'
            : `calls went to ${matched.unexpected.length === 1 ? 'a backend that is' : 'backends that are'} not expected`,
        do: 'look for weights, slow backends, or callers with few connections; more calls make it surer',
      };
    case 'pinned':
      return {
        why:
          reached.length === 1
            ? `one of ${expected ?? backends} backends answered every call`
            : `none of ${expected} expected backends answered`,
        do:
          grpc && target.scheme !== 'xds' && policy === 'pick_first'
            ? 'a gRPC channel stays on one connection: try --policy round_robin with a headless Service, or xds:///'
            : !grpc && connections !== 0
              ? 'a kept-alive connection stays with its backend: try --new-connections, or a proxy that balances by call'
              : unreached,
      };
    case 'partial':
      return {
        why:
          expected !== null && reached.length >= expected
            ? `a backend that was there for a part of the run answered no call`
            : `only ${reached.length} of ${expected ?? backends} backends answered`,
        do: unreached,
      };
    case 'inconclusive':
      if (judged === 0 && judgedFromMs > 0) {
        return { why: 'backends came and went until the end of the run', do: 'measure for longer, with --duration' };
      }
      if (judged === 0) return { why: 'no call was answered by a backend that is known', do: 'look at the failures' };
      if (backends < 2) {
        return expected === null
          ? {
              why: 'one backend answered, and how many there are is not known',
              do: 'say how many there ought to be with --backends',
            }
          : { why: 'there is only one backend', do: 'nothing: there is nothing to spread' };
      }
      return {
        why: `${judged} answered calls${judgedFromMs > 0 ? ' after the last change' : ''} are too few for ${backends} backends`,
        do: `make at least ${minimumCalls(backends)} calls, with --calls or --duration`,
      };
  }
}

const name = 'let the backends say who they are in a header or field of their answers, and name it with --identify';

function doubtful(doubt: Doubt, { matched }: Judged, { backends }: ProbeOptions): Explanation {
  switch (doubt) {
    case 'hidden':
      return {
        why: 'every answer came from one address, which may stand for many backends, and none says which one gave it',
        do: name,
      };
    case 'surplus':
      return {
        why: `${matched.reached.length} backends answered, but --backends says ${backends}; which of them ought to is not known`,
        do: 'look for old backends that still answer, or correct --backends',
      };
    case 'contradiction':
      return {
        why: `the target names ${matched.reached.length + matched.silent.length} backends, but --backends says ${backends}`,
        do: 'correct --backends, or leave it away',
      };
    case 'families':
      return {
        why: 'addresses of IPv4 and IPv6 were called, and nothing says which of them belong to one backend',
        do: name,
      };
    case 'unused':
      return {
        why: `${listed(matched.silent.map(({ address }) => address))} got no call, and who is behind it is not known`,
        do: 'say how many backends there ought to be with --backends, or try --new-connections',
      };
    case 'anonymous':
      return { why: 'too many answers do not say who gave them', do: 'choose another way with --identify' };
  }
}

/** The first names, none too long, and how many more there are. */
function listed(names: readonly string[]): string {
  const [most, longest] = [3, 60];
  const shown = names.map((one) => (one.length > longest ? `${one.slice(0, longest)}…` : one));
  return listSome(shown, most, ' and ');
}

function nameOf({ name, address }: Wanted): string {
  return name ?? address;
}
