import type { Contact } from '../load/recorder.ts';
import type { LoadResult } from '../load/run-load.ts';
import type { Expected } from '../target/expected.ts';
import { smallestSkewFound } from '../verdict/power.ts';
import { type Distribution, minimumCalls } from '../verdict/verdict.ts';
import { formatMs } from './duration.ts';
import { check } from './gate.ts';
import { judgeRun } from './judge-run.ts';
import type { ProbeOptions } from './options.ts';
import type { ProbeReport } from './report.ts';
import type { BackendEvent } from './watch-backends.ts';

/** What a run leaves behind. */
export interface Measured {
  readonly options: ProbeOptions;
  readonly startedAt: Date;
  readonly call: string;
  readonly engine: 'channel' | 'wire' | 'http';
  readonly identifier: string;
  readonly expected: Expected;
  readonly events: readonly BackendEvent[];
  readonly result: LoadResult;
  readonly versions: Readonly<Record<string, string>>;
}

/** How much of the intended rate must be achieved for a run to count as what was asked for. */
export const enoughOfRate = 0.99;
/** A generator that is busy for this much of the time has none left to measure with. */
const mostBusy = 0.9;

/** Puts together what was measured, judges it and holds it against the gate; pure. */
export function buildReport(measured: Measured): ProbeReport {
  const { options, startedAt, call, engine, identifier, expected, events, result, versions } = measured;
  const { recorder } = result;
  const changes = followed(events, recorder.contacts, result.startedAt, result.measuredMs);
  const judgedFromMs = judgedFrom(changes);
  const seconds = recorder.seconds();
  const { found, judged, backends, hidden } = judgeRun({
    seconds,
    judgedFromMs,
    expected: expected.count,
    // One address may be a proxy's or a Service's, with any number of backends behind it.
    standsForMany: (name) => identifier === 'peer' && !knows(expected, name),
  });
  const sums = recorder.sums();
  const reached = sums.filter(({ name, calls }) => name !== '' && calls > 0).length;
  const explained = explain(found, { expected: expected.count, reached, judged, hidden, options });
  const convergedMs = changes.some(({ followedMs }) => followedMs === null)
    ? null
    : changes.reduce<number | null>((most, { followedMs }) => Math.max(most ?? 0, followedMs!), null);
  const { p99 } = recorder.latency();
  const gate =
    options.gate === undefined
      ? null
      : check(options.gate, {
          verdict: found.verdict,
          why: explained.why,
          calls: recorder.calls,
          failed: recorder.failed,
          failures: recorder.failures(),
          p99Ms: p99,
          convergedMs: changes.length === 0 ? undefined : convergedMs,
        });
  return {
    schemaVersion: 1,
    kind: 'probe',
    startedAt: startedAt.toISOString(),
    durationMs: round(result.measuredMs),
    target: options.target.text,
    call,
    conditions: {
      engine,
      policy: policyOf(options, engine),
      connections: options.connections,
      loop: options.arrivals.loop,
      arrivals: describeArrivals(options),
      deadlineMs: options.deadlineMs,
      warmupMs: options.warmupMs,
      seed: options.seed,
      retries: false,
      versions,
    },
    identifier: { by: identifier, found: options.identifier === undefined },
    backends: {
      expected: expected.count,
      source: expected.source,
      reached,
      list: sums.map((sum) => ({ ...sum, share: recorder.answered === 0 ? 0 : sum.calls / recorder.answered })),
    },
    calls: recorder.calls,
    warmupCalls: result.warmupCalls,
    failed: recorder.failed,
    failures: recorder.failures(),
    errors: recorder.errors(),
    ratePerSecond: {
      intended: result.intendedRate === null ? null : round(result.intendedRate),
      achieved: round(result.achievedRate),
    },
    latencyMs: recorder.latency(),
    saturation: saturation(result),
    ...found,
    judgedFromMs,
    smallestSkewFound: smallestSkewFound(judged, backends),
    ...explained,
    changes,
    convergedMs,
    seconds,
    gate,
    interrupted: result.interrupted,
  };
}

/** Whether an address is one of several that are known to be backends'. */
function knows({ backends }: Expected, address: string): boolean {
  return backends.length > 1 && backends.some((backend) => backend.address === address);
}

function followed(
  events: readonly BackendEvent[],
  contacts: ReadonlyMap<string, Contact>,
  startedAt: number,
  measuredMs: number,
): ProbeReport['changes'] {
  /** A backend that still got a call so shortly before the end has not been left. */
  const quietMs = 1000;
  return events.map(({ event, address, name, at }) => {
    const contact = contacts.get(address) ?? (name === undefined ? undefined : contacts.get(name));
    const base = { event, backend: name ?? address, atMs: round(at - startedAt) };
    if (event === 'came') {
      const answeredAt = contact?.firstAnswerAt ?? Number.POSITIVE_INFINITY;
      return { ...base, followedMs: Number.isFinite(answeredAt) ? round(Math.max(0, answeredAt - at)) : null };
    }
    const lastSentAt = contact?.lastSentAt ?? at;
    const left = lastSentAt <= startedAt + measuredMs - quietMs;
    return { ...base, followedMs: left ? round(Math.max(0, lastSentAt - at)) : null };
  });
}

/** The first whole second after the last change was followed. */
function judgedFrom(changes: ProbeReport['changes']): number {
  const through = changes.map(({ atMs, followedMs }) => atMs + (followedMs ?? 0));
  return through.length === 0 ? 0 : Math.max(0, Math.ceil(Math.max(...through) / 1000) * 1000);
}

function policyOf({ target, policy }: ProbeOptions, engine: Measured['engine']): string {
  if (target.kind === 'http') return 'none';
  if (target.scheme === 'xds') return 'xds';
  return engine === 'wire' ? 'round_robin' : policy;
}

export function describeArrivals({ arrivals }: ProbeOptions): string {
  if (arrivals.loop === 'closed') return `${arrivals.callers} callers`;
  const rates = arrivals.rates.join(arrivals.shape === 'ramp' ? ' to ' : ', then ');
  return `${rates} calls/s${arrivals.poisson ? ' at random times (Poisson)' : ''}`;
}

function saturation({ intendedRate, achievedRate, saturation: own }: LoadResult): ProbeReport['saturation'] {
  const base = { busy: Math.round(own.busy * 1000) / 1000, latestMs: round(own.latestMs) };
  const short = intendedRate !== null && achievedRate < intendedRate * enoughOfRate;
  if (own.busy >= mostBusy && (short || intendedRate === null || own.latestMs > 100)) {
    const note = `this program was busy for ${Math.round(own.busy * 100)} % of the time: rate and latencies are its own, not the target's`;
    return { ...base, by: 'generator', note };
  }
  if (short) {
    const note = own.heldBack
      ? 'the target did not answer as fast as calls were due, and too many were in flight'
      : 'calls could not be begun when they were due';
    return { ...base, by: own.heldBack ? 'target' : 'generator', note };
  }
  if (own.latestMs > 100) {
    const note = `this program once began calls ${formatMs(own.latestMs)} late; their latency says so`;
    return { ...base, by: 'generator', note };
  }
  return { ...base, by: null, note: '' };
}

interface Known {
  readonly expected: number | null;
  readonly reached: number;
  readonly judged: number;
  /** All answers came from one address that is not known to be a backend's. */
  readonly hidden: boolean;
  readonly options: ProbeOptions;
}

function explain(
  { verdict }: Distribution,
  { expected, reached, judged, hidden, options }: Known,
): { why: string; do: string } {
  const { target, policy, connections } = options;
  const grpc = target.kind === 'grpc';
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
      return {
        why: `one of ${expected} backends answered every call`,
        do:
          grpc && target.scheme !== 'xds' && policy === 'pick_first'
            ? 'a gRPC channel stays on one connection: try --policy round_robin with a headless Service, or xds:///'
            : !grpc && connections > 0
              ? 'a kept-alive connection stays with its backend: try --new-connections, or a proxy that balances by call'
              : 'look for backends that cannot be reached or that the resolver does not name',
      };
    case 'partial':
      return {
        why: `only ${reached} of ${expected} backends answered`,
        do: 'look for backends that cannot be reached or that the resolver does not name',
      };
    case 'inconclusive':
      if (judged === 0) return { why: 'no call was answered by a backend that is known', do: 'look at the failures' };
      if (hidden && expected !== 1) {
        return {
          why: 'every answer came from one address, which may stand for many backends, and none says which one gave it',
          do: 'let the backends say who they are in a header or field of their answers, and name it with --identify',
        };
      }
      if (enough < 2) {
        return {
          why:
            expected === null
              ? 'one backend answered, and nobody said how many there are'
              : 'there is only one backend',
          do:
            expected === null
              ? 'say how many there ought to be with --backends'
              : 'nothing: there is nothing to spread',
        };
      }
      return {
        why: `${judged} answered calls are too few for ${enough} backends`,
        do: `make at least ${minimumCalls(enough)} calls, with --calls or --duration`,
      };
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
