import { toHundredths } from '../../base/hundredths.ts';
import { smallestSkewFound } from '../../verdict/power.ts';
import { isLost } from '../../verdict/quantile.ts';
import { formatIdentifier } from '../identify/identify.ts';
import { convergedOf } from './follow-changes.ts';
import { check } from './gate.ts';
import type { Measured } from './measured.ts';
import type { ProbeOptions } from './options.ts';
import type { ProbeReport } from './report.ts';
import { saturationOf } from './saturation.ts';
import { whoAnswered } from './who-answered.ts';

/** Puts together what was measured, judges it and holds it against the gate; pure. */
export function buildReport(measured: Measured): ProbeReport {
  const { options, startedAt, call, engine, identified, otherCalls, connections, result, about } = measured;
  const { recorder } = result;
  const { changes, judgedFromMs, judged, backends, explained } = whoAnswered(measured);
  const { answered, failed, notSent } = recorder;
  const failures = recorder.failures();
  const convergedMs = convergedOf(changes);
  const latencyOfAllMs = recorder.latencyOfAll();
  const gate =
    options.gate === undefined
      ? null
      : check(options.gate, {
          verdict: judged.found.verdict,
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
    durationMs: toHundredths(result.measuredMs),
    target: options.target.text,
    call,
    conditions: {
      engine,
      policy: policyOf(options, engine),
      connections,
      loop: options.arrivals.loop,
      arrivals: describeArrivals(options),
      deadlineMs: options.deadlineMs,
      warmupMs: options.warmupMs,
      seed: options.seed,
      retries: false,
      ...about,
    },
    identifier: {
      by: formatIdentifier(identified.identifier),
      found: options.identifier === undefined,
      why: identified.why,
    },
    backends,
    calls: recorder.calls,
    warmupCalls: result.warmupCalls,
    otherCalls,
    failed,
    failures,
    notSent,
    inFlight: result.inFlight,
    errors: recorder.errors(),
    ratePerSecond: {
      intended: result.intendedRate === null ? null : toHundredths(result.intendedRate),
      achieved: toHundredths(result.achievedRate),
    },
    latencyMs: recorder.latency(),
    latencyOfAllMs,
    saturation: saturationOf(result, measured.streamWaits),
    ...judged.found,
    judgedFromMs,
    smallestSkewFound: smallestSkewFound(judged.judged, judged.backends),
    ...explained,
    changes,
    convergedMs,
    seconds: recorder.seconds().map(({ failedBy: _, ...second }) => second),
    gate,
    interrupted: result.interrupted,
  };
}

function policyOf({ target, policy }: ProbeOptions, engine: Measured['engine']): string {
  if (target.kind === 'http') return 'none';
  if (target.scheme === 'xds') return 'xds';
  return engine === 'wire' ? 'round_robin' : policy;
}

function describeArrivals({ arrivals }: ProbeOptions): string {
  if (arrivals.loop === 'closed') return `${arrivals.callers} callers`;
  const rates = arrivals.rates.join(arrivals.shape === 'ramp' ? ' to ' : ', then ');
  return `${rates} calls/s${arrivals.poisson ? ' at random times (Poisson)' : ''}`;
}
