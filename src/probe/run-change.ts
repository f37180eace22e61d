import { EvenkeelError, toEvenkeelError } from '../base/errors.ts';
import type { ActiveRun } from './client/client-process.ts';
import { sharedNow } from './client/time.ts';
import { explainChange } from './explain.ts';
import type { Backend, Fixture, ScaleObserver } from './fixture.ts';
import type { Progress } from './progress.ts';
import type { ChangeRow, MeasuredChange } from './report.ts';
import { expectBackends, openClient, refuseStrangers, type Subject, warmUp } from './run-scheme.ts';
import { convergence, notFollowed, type PodEvent } from './verdict/convergence.ts';
import { checkCounts } from './verdict/count-check.ts';
import { tally, toHundredths } from './verdict/tally.ts';
import { timelineOf } from './verdict/timeline.ts';

/** Calls go on this long before the change is asked for, so that the time line shows what was before. */
const leadInMs = 500;
/** Calls go on at least this long after the last event, so that what fails late is seen. */
const settleMs = 1500;

export interface Change {
  readonly kind: 'scale-out' | 'scale-in';
  readonly from: number;
  readonly to: number;
}

interface Observed {
  readonly subject: Subject;
  readonly run: string;
  readonly active: ActiveRun;
  readonly before: readonly Backend[];
  readonly newClient: boolean;
  /** Resolves with true once `test` holds after some call has ended, with false if the client ends before that. */
  until(test: () => boolean): Promise<boolean>;
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
  const started = await Promise.all(subjects.map((subject) => attempt(subject, change, () => begin(subject, change))));
  const observed = started.filter((one): one is Observed => 'active' in one);
  const events: PodEvent[] = [];
  let askedAt = sharedNow();
  let broken: EvenkeelError | undefined;
  if (observed.length > 0) {
    await Promise.all(observed.map(({ until }) => until(() => sharedNow() >= askedAt + leadInMs)));
    askedAt = sharedNow();
    const runs = observed.map(({ subject, run }) => ({ scheme: subject.scheme.id, run }));
    await fixture.scale(change.to, watch(events, progress), runs).catch((thrown: unknown) => {
      broken = fixtureError(`could not scale to ${change.to}`, thrown);
    });
  }
  const lastAt = Math.max(askedAt, ...events.map(({ at }) => at));
  return Promise.all(
    started.map((one) =>
      'active' in one ? attempt(one.subject, change, () => finish(one, change, events, askedAt, lastAt, broken)) : one,
    ),
  );
}

/** Warms the client up and lets it call until it is told to stop. */
async function begin(subject: Subject, { kind }: Change): Promise<Observed> {
  const { scheme, client, options, prefix } = subject;
  const before = await expectBackends(subject);
  const newClient = await knowAll(subject, before, `${prefix}.${scheme.id}.${kind}`);

  const run = `${prefix}.${scheme.id}.${kind}.calls`;
  let check = (): void => {};
  const order = { run, ratePerSecond: options.scaleRatePerSecond, deadlineMs: options.deadlineMs };
  const active = client.run(order, () => check());
  const until = (test: () => boolean): Promise<boolean> =>
    new Promise((resolve) => {
      check = () => {
        if (test()) resolve(true);
      };
      active.result.then(
        () => resolve(false),
        () => resolve(false),
      );
    });
  return { subject, run, active, before, newClient, until };
}

/**
 * A client that has not heard of a backend cannot be judged by how it loses it: it is made anew before the change.
 *
 * @returns whether it was
 */
async function knowAll(subject: Subject, backends: readonly Backend[], run: string): Promise<boolean> {
  const reachesAll = (records: ActiveRun['records']): boolean => {
    const reached = new Set(records.map(({ pod }) => pod));
    return backends.every(({ name }) => reached.has(name));
  };
  const { client, options } = subject;
  const old = await client.run({
    run: `${run}.known`,
    ratePerSecond: options.ratePerSecond,
    deadlineMs: options.deadlineMs,
    untilAnswered: backends.map(({ name }) => name),
    calls: 10 * backends.length,
  }).result;
  if (reachesAll(old.records)) return false;
  await openClient(client);
  await warmUp(subject, backends, `${run}.warmup`);
  return true;
}

function watch(events: PodEvent[], progress: Progress): ScaleObserver {
  const note =
    (event: PodEvent['event']) =>
    ({ name, address }: Backend, at: number): void => {
      events.push({ event, pod: name, address, at });
      const count = events.filter((other) => other.event === event).length;
      progress.update(`${count} ${event}`);
    };
  return { ready: note('ready'), terminating: note('terminating'), ended: note('ended') };
}

async function finish(
  { subject, run, active, before, newClient, until }: Observed,
  { kind, from, to }: Change,
  events: readonly PodEvent[],
  askedAt: number,
  lastAt: number,
  broken: EvenkeelError | undefined,
): Promise<MeasuredChange> {
  const { scheme, fixture, options } = subject;
  const addresses = new Map(
    [...before.map(({ name, address }) => ({ pod: name, address })), ...events].map(({ pod, address }) => [
      address,
      pod,
    ]),
  );
  const old = new Set(before.map(({ name }) => name));
  // A pod that was there before and turns ready again is no new one.
  const relevant = events.filter(({ event, pod }) => event !== 'ready' || !old.has(pod));
  const look = (now: number) => convergence(active.records, relevant, addresses, now);
  if (broken === undefined) {
    await until(() => {
      const now = sharedNow();
      if (now < lastAt + settleMs) return false;
      return now >= lastAt + Math.max(options.windowMs, settleMs) || look(now).convergedMs !== null;
    });
  }
  const stoppedAt = sharedNow();
  active.stop();
  const result = await active.result;
  if (broken !== undefined) throw broken;
  if (relevant.length === 0) throw new EvenkeelError('EK_PROBE_FIXTURE', `no pod came or went from ${from} to ${to}`);

  const sum = tally(result.records);
  refuseStrangers(sum, new Set(addresses.values()));
  const { problem, unreadable } = checkCounts(sum.answered, sum.failed, await fixture.calls(scheme.id, run));
  if (problem !== undefined) throw new EvenkeelError('EK_PROBE_COUNT_MISMATCH', `${problem} (run ${run})`);

  const seen = look(stoppedAt);
  const since = (at: number): number => toHundredths(at - askedAt);
  const sinceOrNull = (at: number | null): number | null => (at === null ? null : since(at));
  const converged = seen.convergedMs !== null;
  return {
    scheme: scheme.id,
    title: scheme.title,
    status: 'ok',
    from,
    to,
    convergedMs: seen.convergedMs === null ? null : toHundredths(seen.convergedMs),
    ...(!converged && { reason: `not within ${options.windowMs / 1000} s: ${notFollowed(seen, stoppedAt)}` }),
    windowMs: options.windowMs,
    observedMs: since(stoppedAt),
    ratePerSecond: options.scaleRatePerSecond,
    calls: result.calls,
    failures: sum.failures,
    failed: sum.failed,
    latencyMs: sum.latencyMs,
    newClient,
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
    ...explainChange(scheme.id, kind, { converged, failed: sum.failed }),
  };
}

/** What a scheme's own failure leaves in the report. */
async function attempt<T>(subject: Subject, { from, to }: Change, work: () => Promise<T>): Promise<T | ChangeRow> {
  try {
    return await work();
  } catch (thrown) {
    const { code, message, hint } = toEvenkeelError(thrown);
    const { id, title } = subject.scheme;
    return { scheme: id, title, status: 'error', from, to, convergedMs: null, code, reason: message, do: hint };
  }
}

/** An error that the fixture did not name itself. */
export function fixtureError(what: string, thrown: unknown): EvenkeelError {
  if (thrown instanceof EvenkeelError) return thrown;
  return new EvenkeelError('EK_PROBE_FIXTURE', `${what}: ${toEvenkeelError(thrown).message}`, { cause: thrown });
}
