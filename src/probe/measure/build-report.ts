import type { LoadResult } from '../load/run-load.ts';
import type { Expected } from '../target/expected.ts';
import { smallestSkewFound } from '../verdict/power.ts';
import { isLost } from '../verdict/quantile.ts';
import { explainRun } from './explain-run.ts';
import { convergedOf, followChanges, judgedFrom } from './follow-changes.ts';
import { check } from './gate.ts';
import { judgeRun } from './judge-run.ts';
import type { ProbeOptions } from './options.ts';
import type { ProbeReport } from './report.ts';
import { saturationOf } from './saturation.ts';
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
  /** What made the calls, and how it was started. */
  readonly about: Pick<ProbeReport['conditions'], 'versions' | 'machine' | 'command'>;
}

/** Puts together what was measured, judges it and holds it against the gate; pure. */
export function buildReport(measured: Measured): ProbeReport {
  const { options, startedAt, call, engine, identifier, expected, events, result, about } = measured;
  const { recorder } = result;
  const changes = followChanges(events, recorder.contacts, result.startedAt, result.measuredMs);
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
  const { answered, failed, notSent } = recorder;
  const failures = recorder.failures();
  const failing = sums.filter((sum) => sum.calls === 0 && sum.failed > 0).map(({ name }) => name);
  const seen = { expected: expected.count, reached, judged, hidden, answered, failed, failures, notSent, failing };
  const explained = explainRun(found, { ...seen, options });
  const convergedMs = convergedOf(changes);
  const latencyOfAllMs = recorder.latencyOfAll();
  const gate =
    options.gate === undefined
      ? null
      : check(options.gate, {
          verdict: found.verdict,
          why: explained.why,
          calls: recorder.calls,
          ...{ failed, failures, notSent },
          p99Ms: isLost(0.99, answered, failed + notSent) ? 'lost' : latencyOfAllMs.p99,
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
      ...about,
    },
    identifier: { by: identifier, found: options.identifier === undefined },
    backends: {
      expected: expected.count,
      source: expected.source,
      reached,
      list: sums.map((sum) => ({ ...sum, share: answered === 0 ? 0 : sum.calls / answered })),
    },
    calls: recorder.calls,
    warmupCalls: result.warmupCalls,
    failed,
    failures,
    notSent,
    inFlight: result.inFlight,
    errors: recorder.errors(),
    ratePerSecond: {
      intended: result.intendedRate === null ? null : round(result.intendedRate),
      achieved: round(result.achievedRate),
    },
    latencyMs: recorder.latency(),
    latencyOfAllMs,
    saturation: saturationOf(result),
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

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
