import { EvenkeelError, toEvenkeelError } from '../base/errors.ts';
import { timeStamp } from '../base/time-stamp.ts';
import { type Convergence, convergence, type PodEvent } from '../verdict/convergence.ts';
import { checkCounts } from '../verdict/count-check.ts';
import type { ActiveRun, RunResult } from './client/client-process.ts';
import type { Backend, Fixture, RunInProgress, ScaleObserver } from './fixture.ts';
import { addUp, type Sum } from './load/add-up.ts';
import type { ProofOptions } from './options.ts';
import type { Progress } from './progress.ts';
import { expectBackends, fixtureError, openClient, refuseStrangers, type Subject, warmUp } from './run-scheme.ts';

/** Calls go on this long before the change is asked for, so that the time line shows what was before. */
const leadInMs = 500;
/** Calls go on at least this long after the last event, so that what fails late is seen. */
const settleMs = 1500;

/** Something that happens to the backends while clients call them. */
export interface ObservedChange {
  /** Part of the runs' names: `scale-out`. */
  readonly name: string;
  /** Rate of each client's calls. */
  rate(options: ProofOptions): number;
  /** What could not be done where it fails: `could not scale to 6`. */
  readonly failure: string;
  /** Makes it happen; resolves when it is through. */
  make(fixture: Fixture, observer: ScaleObserver, runs: readonly RunInProgress[]): Promise<void>;
  /** Whether a client may stop calling `settleMs` after the last event; otherwise it goes on until `windowMs` after it. */
  settled(seen: Convergence, records: ActiveRun['records'], now: number): boolean;
}

/** What one client saw of a change, and what became of the pods meanwhile. */
export interface Observation {
  readonly subject: Subject;
  readonly ratePerSecond: number;
  readonly askedAt: number;
  readonly stoppedAt: number;
  /** Backends that were ready before. */
  readonly before: readonly Backend[];
  /** What happened to the pods that this client may call. */
  readonly events: readonly PodEvent[];
  /** `HOST:PORT` → pod, of all pods before and since. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly newClient: boolean;
  readonly result: RunResult;
  readonly sum: Sum;
  readonly seen: Convergence;
  readonly unreadable: readonly { readonly pod: string; readonly reason: string }[];
}

/** A scheme whose client or whose counts failed. */
export interface Broken {
  readonly subject: Subject;
  readonly error: EvenkeelError;
}

interface Calling {
  readonly subject: Subject;
  readonly run: string;
  readonly active: ActiveRun;
  readonly before: readonly Backend[];
  readonly newClient: boolean;
  /** Resolves with true once `test` holds after some call has ended, with false if the client ends before that. */
  until(test: () => boolean): Promise<boolean>;
}

/** A pod's event and the schemes that it bears on. */
type ToldEvent = PodEvent & Pick<Backend, 'schemes'>;

/** Makes one change while the clients of all schemes call; a scheme that fails leaves the others alone. */
export async function observeChange(
  subjects: readonly Subject[],
  change: ObservedChange,
  fixture: Fixture,
  progress: Progress,
): Promise<(Observation | Broken)[]> {
  const started = await Promise.all(subjects.map((subject) => attempt(subject, () => begin(subject, change))));
  const calling = started.filter((one): one is Calling => 'active' in one);
  const events: ToldEvent[] = [];
  let askedAt = timeStamp();
  let broken: EvenkeelError | undefined;
  if (calling.length > 0) {
    await Promise.all(calling.map(({ until }) => until(() => timeStamp() >= askedAt + leadInMs)));
    askedAt = timeStamp();
    const runs = calling.map(({ subject, run }) => ({ scheme: subject.scheme.id, run }));
    await change.make(fixture, watch(events, progress), runs).catch((thrown: unknown) => {
      broken = fixtureError(change.failure, thrown);
    });
  }
  const lastAt = Math.max(askedAt, ...events.map(({ at }) => at));
  return Promise.all(
    started.map((one) =>
      'active' in one
        ? attempt(one.subject, () => finish(one, change, { events, askedAt, lastAt, broken }))
        : Promise.resolve(one),
    ),
  );
}

/** Warms the client up and lets it call until it is told to stop. */
async function begin(subject: Subject, { name, rate }: ObservedChange): Promise<Calling> {
  const { scheme, client, options, prefix } = subject;
  const before = await expectBackends(subject);
  const newClient = await knowAll(subject, before, `${prefix}.${scheme.id}.${name}`);

  const run = `${prefix}.${scheme.id}.${name}.calls`;
  let check = (): void => {};
  const order = { run, ratePerSecond: rate(options), deadlineMs: options.deadlineMs };
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
 * A client that has not heard of a backend cannot be judged by how it loses it: it is made anew before the change. One
 * that picks a pod by its connection knows one at a time anyway; its calls here only see to it that it is connected.
 *
 * @returns whether it was made anew
 */
async function knowAll(subject: Subject, backends: readonly Backend[], run: string): Promise<boolean> {
  const reachesAll = (records: ActiveRun['records']): boolean => {
    const reached = new Set(records.map(({ pod }) => pod));
    return backends.every(({ name }) => reached.has(name));
  };
  const { scheme, client, options } = subject;
  const old = await client.run({
    run: `${run}.known`,
    ratePerSecond: options.ratePerSecond,
    deadlineMs: options.deadlineMs,
    untilAnswered: backends.map(({ name }) => name),
    calls: 10 * backends.length,
  }).result;
  if (!scheme.scales || reachesAll(old.records)) return false;
  await openClient(client);
  await warmUp(subject, backends, `${run}.warmup`);
  return true;
}

function watch(events: ToldEvent[], progress: Progress): ScaleObserver {
  const note =
    (event: PodEvent['event']) =>
    ({ name, address, schemes }: Backend, at: number): void => {
      events.push({ event, pod: name, address, at, schemes });
      const count = events.filter((other) => other.event === event).length;
      progress.update(`${count} ${event}`);
    };
  return { ready: note('ready'), terminating: note('terminating'), ended: note('ended') };
}

interface Happened {
  readonly events: readonly ToldEvent[];
  readonly askedAt: number;
  readonly lastAt: number;
  readonly broken: EvenkeelError | undefined;
}

async function finish(
  { subject, run, active, before, newClient, until }: Calling,
  change: ObservedChange,
  { events, askedAt, lastAt, broken }: Happened,
): Promise<Observation> {
  const { scheme, fixture, options } = subject;
  const mine = events.filter(({ schemes }) => schemes === undefined || schemes.includes(scheme.id));
  const addresses = new Map([
    ...before.map(({ name, address }) => [address, name] as const),
    ...mine.map(({ pod, address }) => [address, pod] as const),
  ]);
  const old = new Set(before.map(({ name }) => name));
  // A pod that was there before and turns ready again is no new one.
  const relevant = mine.filter(({ event, pod }) => event !== 'ready' || !old.has(pod));
  const look = (now: number): Convergence => convergence(active.records, relevant, addresses, now);
  if (broken === undefined) {
    await until(() => {
      const now = timeStamp();
      if (now < lastAt + settleMs) return false;
      return now >= lastAt + Math.max(options.windowMs, settleMs) || change.settled(look(now), active.records, now);
    });
  }
  const stoppedAt = timeStamp();
  active.stop();
  const result = await active.result;
  if (broken !== undefined) throw broken;
  if (relevant.length === 0) throw new EvenkeelError('EK_PROBE_FIXTURE', `no pod came or went (${change.name})`);

  const sum = addUp(result.records, options.deadlineMs);
  refuseStrangers(sum, new Set(addresses.values()));
  const { problem, unreadable } = checkCounts(sum.answered, sum.failed, await fixture.calls(scheme.id, run));
  if (problem !== undefined) throw new EvenkeelError('EK_PROBE_COUNT_MISMATCH', `${problem} (run ${run})`);
  const seen = look(stoppedAt);
  return {
    ratePerSecond: change.rate(options),
    ...{ subject, askedAt, stoppedAt, before, events: relevant, addresses, newClient, result, sum, seen, unreadable },
  };
}

/** What a scheme's own failure leaves behind. */
async function attempt<T>(subject: Subject, work: () => Promise<T>): Promise<T | Broken> {
  try {
    return await work();
  } catch (thrown) {
    return { subject, error: toEvenkeelError(thrown) };
  }
}
