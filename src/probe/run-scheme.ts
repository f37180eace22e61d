import { EvenkeelError, toEvenkeelError } from '../base/errors.ts';
import { checkCounts } from '../verdict/count-check.ts';
import { byPlace } from '../verdict/places.ts';
import { smallestSkewFound } from '../verdict/power.ts';
import { judge } from '../verdict/verdict.ts';
import { ClientProcess, type RunResult } from './client/client-process.ts';
import type { Backend, Fixture, Skipped } from './fixture.ts';
import { addUp, type Sum } from './load/add-up.ts';
import type { ProofOptions } from './options.ts';
import type { MeasuredScheme } from './report.ts';
import { explainVerdict } from './schemes/explain.ts';
import type { Scheme } from './schemes/schemes.ts';

/** How long a client may take to connect, and to reach every backend. */
const connectWithinMs = 10_000;
/** Warm-up calls a backend for clients that more calls bring to no other backend. */
const warmupCallsPerBackend = 10;

/** The client of one scheme and what it is part of. */
export interface Subject {
  readonly scheme: Scheme;
  readonly target: string;
  readonly client: ClientProcess;
  readonly fixture: Fixture;
  readonly options: ProofOptions;
  /** Names of runs begin with it, so that no two runs of any two proofs are alike. */
  readonly prefix: string;
}

/** How a client differs from the one of Node that retries nothing. */
export interface Variation {
  readonly retries?: boolean;
  /** Path of the grpc-go client. */
  readonly goClient?: string | undefined;
}

/**
 * Asks where the scheme calls and starts its client process, which connects to nothing yet.
 *
 * @param started - gets the process as soon as there is one: whoever ends the run ends it too
 */
export async function startClient(
  { scheme, fixture, options, prefix }: Omit<Subject, 'target' | 'client'>,
  started: (client: ClientProcess) => void,
  { retries = false, goClient }: Variation = {},
): Promise<Subject | Skipped> {
  const found = await fixture.target(scheme.id).catch((thrown: unknown) => {
    throw fixtureError(`has no target for ${scheme.id}`, thrown);
  });
  if ('skipped' in found) return found;
  const { target, env, channelOptions = {} } = found;
  const client = new ClientProcess({ scheme, target, channelOptions, retries }, env, goClient);
  started(client);
  await client.configured();
  return { scheme, target, client, fixture, options, prefix };
}

/** An error that the fixture did not name itself. */
export function fixtureError(what: string, thrown: unknown): EvenkeelError {
  if (thrown instanceof EvenkeelError) return thrown;
  return new EvenkeelError('EK_PROBE_FIXTURE', `${what}: ${toEvenkeelError(thrown).message}`, { cause: thrown });
}

/** What a row says of a scheme that could not be measured. */
export function errorOf({ id, title }: Scheme, thrown: unknown) {
  const { code, message, hint } = toEvenkeelError(thrown);
  return { scheme: id, title, status: 'error', code, reason: message, do: hint } as const;
}

/** Warms up, makes the counted calls, compares them with the backends' counters and judges. */
export async function runScheme(subject: Subject): Promise<MeasuredScheme> {
  const { scheme, target, client, fixture, options, prefix } = subject;
  const backends = await expectBackends(subject);
  await openClient(client);
  const warmup = await warmUp(subject, backends, `${prefix}.${scheme.id}.warmup`);
  const known = new Set(backends.map(({ name }) => name));
  refuseStrangers(addUp(warmup.records, options.deadlineMs), known);
  const run = `${prefix}.${scheme.id}.count`;
  const { ratePerSecond, deadlineMs, calls } = options;
  const result = await client.run({ run, ratePerSecond, deadlineMs, calls }).result;

  const sum = addUp(result.records, deadlineMs);
  refuseStrangers(sum, known);
  const { problem, unreadable } = checkCounts(sum.answered, sum.failed, await fixture.calls(scheme.id, run));
  if (problem !== undefined) throw new EvenkeelError('EK_PROBE_COUNT_MISMATCH', `${problem} (run ${run})`);

  const names = backends.map(({ name }) => name).sort();
  const counts = names.map((name) => sum.answered.get(name) ?? 0);
  const answered = result.records.length - sum.failed;
  const { verdict, reached, maxSpread, pValue } = judge(counts);
  return {
    scheme: scheme.id,
    title: scheme.title,
    status: 'ok',
    target,
    backends: {
      expected: backends.length,
      reached,
      calls: Object.fromEntries(names.map((name, index) => [name, counts[index]!])),
      byZone: byPlace(backends, 'zone', sum.answered),
      byNode: byPlace(backends, 'kubeNode', sum.answered),
    },
    calls: result.calls,
    warmupCalls: warmup.calls,
    connections: result.connections,
    failures: sum.failures,
    failed: sum.failed,
    latencyMs: sum.latencyMs,
    latencyOfAllMs: sum.latencyOfAllMs,
    verdict,
    maxSpread,
    pValue,
    smallestSkewFound: smallestSkewFound(answered, backends.length),
    unreadable: [...unreadable],
    ...explainVerdict(scheme.id, verdict, { expected: backends.length, reached, answered }),
  };
}

export async function expectBackends({ fixture, scheme }: Subject): Promise<Backend[]> {
  const backends = await fixture.backends(scheme.id);
  if (backends.length === 0) throw new EvenkeelError('EK_PROBE_FIXTURE', 'there is no ready backend to call');
  return backends;
}

/** Connects a new client, or says why not. */
export async function openClient(client: ClientProcess): Promise<void> {
  const problem = await client.open(connectWithinMs);
  if (problem !== undefined) {
    throw new EvenkeelError('EK_PROBE_NO_ANSWER', `not connected within ${connectWithinMs / 1000} s: ${problem}`);
  }
}

/**
 * Calls until every backend has answered. A client that connects to every backend gets the time that takes; one that
 * picks a connection by other rules gets {@link warmupCallsPerBackend} calls a backend and no more.
 */
export async function warmUp(
  { scheme, client, options }: Subject,
  backends: readonly Backend[],
  run: string,
): Promise<RunResult> {
  const connectsToAll = scheme.connections === 'every' || scheme.connections === 'xds';
  const result = await client.run({
    run,
    ratePerSecond: options.ratePerSecond,
    deadlineMs: options.deadlineMs,
    untilAnswered: backends.map(({ name }) => name),
    ...(connectsToAll ? { withinMs: connectWithinMs } : { calls: warmupCallsPerBackend * backends.length }),
  }).result;
  if (result.records.every(({ status }) => status !== 'OK')) {
    const last = result.records.at(-1);
    throw new EvenkeelError(
      'EK_PROBE_NO_ANSWER',
      `none of ${result.calls} warm-up calls was answered; the last: ${last?.status}${last?.error ? `, ${last.error}` : ''}`,
    );
  }
  return result;
}

/** An answer from a backend that should not be there means that the figures are about something else. */
export function refuseStrangers({ answered, anonymous }: Sum, known: ReadonlySet<string>): void {
  const stranger = [...answered.keys()].find((pod) => !known.has(pod));
  if (stranger !== undefined) {
    throw new EvenkeelError(
      'EK_PROBE_UNKNOWN_BACKEND',
      `${stranger} answered, which is not among the backends expected`,
    );
  }
  if (anonymous > 0) {
    throw new EvenkeelError('EK_PROBE_UNKNOWN_BACKEND', `${anonymous} answers did not say which backend gave them`);
  }
}
