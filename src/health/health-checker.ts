import { type Clock, systemClock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { HealthCheckPolicy } from '../model/policy.ts';
import { GrpcProbe } from './grpc-probe.ts';
import type { Probe, ProbeResult } from './probe.ts';
import { type HealthState, type HealthTarget, targetKey } from './target.ts';
import { TcpProbe } from './tcp-probe.ts';
import { afterResult, type HealthSettings, nextDelayMs, noVerdict, type Verdict } from './verdict.ts';

/** More checks at once would be a burst of connections that no Service needs. */
const defaultMaxInFlight = 64;

export interface HealthChange {
  readonly target: HealthTarget;
  /** The groups that have the target now. */
  readonly groups: readonly string[];
  readonly state: HealthState;
  readonly previous: HealthState;
  /** What the deciding check saw. */
  readonly reason: string;
}

/** Is told of verdicts; calls must not throw and never come from inside `setTargets`. */
export interface HealthObserver {
  changed(change: HealthChange): void;
  /** Every target of the group had a first verdict, or the time for it is over; once in a group's life. */
  settled(group: string): void;
  /** One check ended, whatever it changed. */
  checked?(target: HealthTarget, result: ProbeResult, durationMs: number): void;
}

export interface HealthCheckerOptions {
  readonly settings: HealthSettings;
  readonly observer: HealthObserver;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** 0 to 1, as Math.random, which is the default. */
  readonly random?: (() => number) | undefined;
  /** Default 64. */
  readonly maxInFlight?: number | undefined;
  /** How long a group may wait for first verdicts, in milliseconds; default: twice the time-out. */
  readonly settleTimeoutMs?: number | undefined;
  /** Default: real connections. */
  readonly probes?: Readonly<Record<HealthCheckPolicy['protocol'], Probe>> | undefined;
}

/** One target as it stands; plain data. */
export interface HealthReport {
  readonly target: HealthTarget;
  readonly groups: readonly string[];
  readonly state: HealthState;
  /** What the last check saw; empty before the first. */
  readonly reason: string;
  /** Milliseconds since the state changed. */
  readonly forMs: number;
  readonly succeeded: number;
  readonly failed: number;
}

interface Entry {
  readonly key: string;
  readonly target: HealthTarget;
  readonly groups: Set<string>;
  verdict: Verdict;
  reason: string;
  since: number;
  succeeded: number;
  failed: number;
  cancelTimer?: (() => void) | undefined;
  abort?: AbortController | undefined;
}

interface Group {
  entries: ReadonlySet<Entry>;
  settled: boolean;
  readonly cancelSettling: () => void;
}

/** Checks targets on a schedule and tells when the verdict on one changes (see README.md for the rules). */
export class HealthChecker {
  readonly #settings: HealthSettings;
  readonly #observer: HealthObserver;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #maxInFlight: number;
  readonly #settleTimeoutMs: number;
  readonly #probes: Readonly<Record<HealthCheckPolicy['protocol'], Probe>>;
  readonly #entries = new Map<string, Entry>();
  readonly #groups = new Map<string, Group>();
  /** Due, in the order in which they fell due; at most once each, so never longer than there are targets. */
  readonly #due = new Set<Entry>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: HealthCheckerOptions) {
    this.#settings = options.settings;
    this.#observer = options.observer;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#maxInFlight = options.maxInFlight ?? defaultMaxInFlight;
    this.#settleTimeoutMs = options.settleTimeoutMs ?? 2 * options.settings.timeoutMs;
    this.#probes = options.probes ?? { grpc: new GrpcProbe(), tcp: new TcpProbe() };
  }

  /** Replaces the targets of one group, in general a Service; an empty list forgets the group. */
  setTargets(name: string, targets: readonly HealthTarget[]): void {
    if (this.#stopped) return;
    const before = this.#groups.get(name);
    const entries = new Set(targets.map((target) => this.#entryOf(target)));
    for (const entry of before?.entries ?? []) if (!entries.has(entry)) this.#leave(entry, name);
    if (entries.size === 0) {
      before?.cancelSettling();
      this.#groups.delete(name);
      return;
    }
    for (const entry of entries) entry.groups.add(name);
    if (before === undefined) {
      const cancelSettling = this.#clock.after(this.#settleTimeoutMs, () => this.#settle(name, group));
      const group: Group = { entries, settled: false, cancelSettling };
      this.#groups.set(name, group);
    } else before.entries = entries;
    // Nothing may be left to wait for; told later, since the caller is in the middle of something.
    this.#clock.after(0, () => this.#settleIfDecided(name));
    this.#startDue();
  }

  /** `unknown` for what is not checked, too. */
  stateOf(target: HealthTarget): HealthState {
    return this.#entries.get(targetKey(target))?.verdict.state ?? 'unknown';
  }

  /** Whether nothing has to be waited for any more; also true for a group that has no targets. */
  isSettled(group: string): boolean {
    return this.#groups.get(group)?.settled ?? true;
  }

  snapshot(): HealthReport[] {
    const now = this.#clock.now();
    return [...this.#entries.values()].map(({ target, groups, verdict, reason, since, succeeded, failed }) => ({
      target,
      groups: [...groups],
      state: verdict.state,
      reason,
      forMs: now - since,
      succeeded,
      failed,
    }));
  }

  /** Ends all checks; no observer call comes after it was called. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const group of this.#groups.values()) group.cancelSettling();
    for (const entry of this.#entries.values()) this.#end(entry);
    this.#groups.clear();
    this.#entries.clear();
    this.#due.clear();
    await Promise.all(this.#running);
  }

  /** The target's entry; a new one is due at once. */
  #entryOf(target: HealthTarget): Entry {
    const key = targetKey(target);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const since = this.#clock.now();
      entry = { key, target, groups: new Set(), verdict: noVerdict, reason: '', since, succeeded: 0, failed: 0 };
      this.#entries.set(key, entry);
      this.#due.add(entry);
    }
    return entry;
  }

  #leave(entry: Entry, group: string): void {
    entry.groups.delete(group);
    if (entry.groups.size > 0) return;
    this.#entries.delete(entry.key);
    this.#due.delete(entry);
    this.#end(entry);
  }

  #end(entry: Entry): void {
    entry.cancelTimer?.();
    entry.abort?.abort();
    this.#probes[entry.target.policy.protocol].forget(entry.target);
  }

  #startDue(): void {
    for (const entry of this.#due) {
      if (this.#running.size >= this.#maxInFlight) return;
      this.#due.delete(entry);
      const run = this.#check(entry).finally(() => {
        this.#running.delete(run);
        this.#startDue();
      });
      this.#running.add(run);
    }
  }

  async #check(entry: Entry): Promise<void> {
    const abort = new AbortController();
    entry.abort = abort;
    const started = this.#clock.now();
    const { timeoutMs } = this.#settings;
    let result: ProbeResult;
    let cancelTimeout = (): void => {};
    const timeout = new Promise<ProbeResult>((resolve) => {
      cancelTimeout = this.#clock.after(timeoutMs, () =>
        resolve({ ok: false, reason: `no answer in ${timeoutMs} ms` }),
      );
    });
    // Not every probe reacts to the signal; `stop` waits for none of them.
    const ended = new Promise<never>((_resolve, reject) => {
      abort.signal.addEventListener('abort', reject);
    });
    try {
      result = await Promise.race([
        this.#probes[entry.target.policy.protocol].check(entry.target, abort.signal),
        timeout,
        ended,
      ]);
    } catch (error) {
      result = { ok: false, reason: messageOf(error) };
    }
    cancelTimeout();
    entry.abort = undefined;
    if (abort.signal.aborted) return;
    abort.abort();
    this.#observer.checked?.(entry.target, result, this.#clock.now() - started);
    this.#record(entry, result);
  }

  #record(entry: Entry, { ok, reason }: ProbeResult): void {
    const previous = entry.verdict.state;
    entry.verdict = afterResult(entry.verdict, ok, this.#settings);
    entry.reason = reason;
    if (ok) entry.succeeded += 1;
    else entry.failed += 1;
    entry.cancelTimer = this.#clock.after(nextDelayMs(entry.verdict, this.#settings, this.#random()), () => {
      this.#due.add(entry);
      this.#startDue();
    });
    const { state } = entry.verdict;
    if (state === previous) return;
    entry.since = this.#clock.now();
    const groups = [...entry.groups];
    this.#observer.changed({ target: entry.target, groups, state, previous, reason });
    for (const group of groups) this.#settleIfDecided(group);
  }

  #settleIfDecided(name: string): void {
    const group = this.#groups.get(name);
    if (group === undefined || group.settled) return;
    for (const { verdict } of group.entries) if (verdict.state === 'unknown') return;
    this.#settle(name, group);
  }

  #settle(name: string, group: Group): void {
    group.cancelSettling();
    group.settled = true;
    this.#observer.settled(name);
  }
}
