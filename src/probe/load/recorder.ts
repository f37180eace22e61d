import type { RecordableHistogram } from 'node:perf_hooks';
import type { Held } from './engine.ts';
import { type Latency, latencyOf, latencyOfAll, microsOf, newHistogram, noLatency, shortOf } from './latency.ts';

/** One second of a run. */
export interface Second {
  /** From the start of what counts. */
  readonly atMs: number;
  /** Calls that were due in it. */
  readonly due: number;
  /** Answered calls that were due in it, by backend; `""` where the answer did not say. */
  readonly answered: Readonly<Record<string, number>>;
  readonly failed: number;
  /** Of these, by backend, as far as it is known by name or address. */
  readonly failedBy: Readonly<Record<string, number>>;
  /** Calls that never left this program. */
  readonly notSent: number;
  /** Of those that were answered. */
  readonly latencyMs: Pick<Latency, 'p50' | 'p99' | 'max'>;
  /** Of all. */
  readonly latencyOfAllMs: Pick<Latency, 'p50' | 'p99' | 'max'>;
}

export interface BackendSum {
  readonly name: string;
  /** Answered calls. */
  readonly calls: number;
  /** Of answered calls. */
  readonly latencyMs: Latency;
  readonly latencyOfAllMs: Latency;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
}

/** Calls that had to wait in this program. */
export interface HeldSum {
  /** Those that were sent at last. */
  readonly calls: number;
  readonly longestMs: number;
  /** Those that never were. */
  readonly notSent: number;
  /** What most of them waited for; undefined: none had to wait. */
  readonly for: Held['for'] | undefined;
}

/** A call that has ended; times on one clock, in milliseconds. */
export interface EndedCall {
  readonly dueAt: number;
  readonly sentAt: number;
  readonly endedAt: number;
  readonly status: string;
  readonly who: string | undefined;
  readonly peer: string | undefined;
  readonly error: string | undefined;
  readonly held: Held | undefined;
}

interface OpenSecond {
  due: number;
  /** Calls that have ended; together with those that are due it tells when a second is complete. */
  ended: number;
  failed: number;
  notSent: number;
  readonly answered: Map<string, number>;
  readonly failedBy: Map<string, number>;
  /** Of calls whose answer named nobody, by address. */
  readonly failedAt: Map<string, number>;
  /** Undefined: the second is complete, and these are its latencies. */
  histogram: RecordableHistogram | undefined;
  latencies: SecondLatencies;
}

type SecondLatencies = Pick<Second, 'latencyMs' | 'latencyOfAllMs'>;

interface OpenBackend {
  calls: number;
  readonly histogram: RecordableHistogram;
  readonly failures: Map<string, number>;
}

/** A wait that is shorter is the work of sending. */
const shortestHeldMs = 2;
/** As many as `--backends` takes. */
const mostBackends = 10_000;
/** Characters of a name, and of an error's own words, that are kept. */
const longestName = 256;
const longestError = 1000;
/** Different statuses that are kept; gRPC has 17, HTTP some 60. */
const mostStatuses = 200;
/** What goes beyond these bounds is counted under this name. */
const others = '(others)';

const noLatencies: SecondLatencies = { latencyMs: shortOf(noLatency), latencyOfAllMs: shortOf(noLatency) };

/** Adds up calls as they end; what it holds does not grow with their number, and with time by little: some hundred bytes a second. */
export class Recorder {
  readonly #startedAt: number;
  readonly #deadlineMs: number;
  readonly #most: number;
  readonly #all = newHistogram();
  readonly #backends = new Map<string, OpenBackend>();
  readonly #failures = new Map<string, number>();
  readonly #seconds: OpenSecond[] = [];
  /** Of seconds that are complete, to be used again: each is as large as thousands of calls. */
  readonly #spare: RecordableHistogram[] = [];
  readonly #errors = new Map<string, string>();
  /** Who answers at an address; `""` where several do, as behind a proxy. */
  readonly #namesAt = new Map<string, string>();
  /** Failures of calls whose answer named nobody, by address: whose they are is known when the run is over. */
  readonly #failuresAt = new Map<string, Map<string, number>>();
  readonly #held = new Map<Held['for'], number>();
  #heldCalls = 0;
  #longestHeldMs = 0;
  answered = 0;
  failed = 0;
  /** Calls that never left this program: neither answered nor failed. */
  notSent = 0;
  anonymous = 0;

  /**
   * @param startedAt - when counting begins, on the clock of every time that it is given
   * @param deadlineMs - of every call: what failed took no less
   * @param most - backends that are counted one by one; what a server calls itself must not fill the memory
   */
  constructor(startedAt: number, deadlineMs: number, most = mostBackends) {
    this.#startedAt = startedAt;
    this.#deadlineMs = deadlineMs;
    this.#most = most;
  }

  /** Calls that were made: answered or failed. */
  get calls(): number {
    return this.answered + this.failed;
  }

  get backends(): ReadonlyMap<string, { readonly calls: number }> {
    return this.#backends;
  }

  get held(): HeldSum {
    const [most] = [...this.#held].sort((a, b) => b[1] - a[1]);
    return { calls: this.#heldCalls, longestMs: this.#longestHeldMs, notSent: this.notSent, for: most?.[0] };
  }

  /** A call is due, none of them before one that was due before it. */
  due(dueAt: number): void {
    const last = this.#seconds.length - 1;
    this.#second(dueAt).due += 1;
    if (last >= 0 && last < this.#seconds.length - 1) this.#close(last);
  }

  ended({ dueAt, sentAt, endedAt, status, who = '', peer, error, held }: EndedCall): void {
    const second = this.#second(dueAt);
    second.ended += 1;
    if (held !== undefined) this.#waited(held, sentAt);
    if (held !== undefined && held.leftAt === undefined) {
      this.notSent += 1;
      second.notSent += 1;
    } else {
      const name = this.#bounded(who);
      if (status === 'OK') this.#answered(second, name, peer, endedAt - dueAt);
      else this.#failed(second, name, peer, status, error);
    }
    if (second.ended === second.due) this.#close(this.#indexOf(dueAt));
  }

  /** Of answered calls. */
  latency(): Latency {
    return latencyOf(this.#all);
  }

  /** Of all calls: what was not answered counts as slowest. */
  latencyOfAll(): Latency {
    return latencyOfAll(this.#all, this.failed + this.notSent, this.#deadlineMs);
  }

  failures(): Record<string, number> {
    return Object.fromEntries(this.#failures);
  }

  /** The first error's own words of each status. */
  errors(): Record<string, string> {
    return Object.fromEntries(this.#errors);
  }

  /** Who answered, or failed a call and is known by name or address; in the order of their names. */
  sums(): BackendSum[] {
    const failuresAt = new Map<string, Map<string, number>>();
    for (const [peer, failures] of this.#failuresAt) {
      for (const [status, count] of failures) add(countsOf(failuresAt, this.#nameAt(peer)), status, count);
    }
    const alone = [...failuresAt.keys()].filter((name) => !this.#backends.has(name));
    return [...this.#backends, ...alone.map((name) => [name, newBackend()] as const)]
      .map(([name, { calls, histogram, failures: named }]) => {
        const failures = new Map(named);
        for (const [status, count] of failuresAt.get(name) ?? []) add(failures, status, count);
        const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
        return {
          ...{ name, calls, failed, failures: Object.fromEntries(failures) },
          latencyMs: latencyOf(histogram),
          latencyOfAllMs: latencyOfAll(histogram, failed, this.#deadlineMs),
        };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  seconds(): Second[] {
    return Array.from(this.#seconds, (second, index) => ({
      atMs: index * 1000,
      due: second?.due ?? 0,
      answered: Object.fromEntries(second?.answered ?? []),
      failed: second?.failed ?? 0,
      failedBy: this.#failedIn(second),
      notSent: second?.notSent ?? 0,
      ...this.#latenciesOf(second),
    }));
  }

  #latenciesOf(second: OpenSecond | undefined): SecondLatencies {
    if (second?.histogram === undefined) return second?.latencies ?? noLatencies;
    return {
      latencyMs: shortOf(latencyOf(second.histogram)),
      latencyOfAllMs: shortOf(latencyOfAll(second.histogram, second.failed + second.notSent, this.#deadlineMs)),
    };
  }

  /** Where a second is over and all of its calls have ended, only its figures are kept. */
  #close(index: number): void {
    const second = this.#seconds[index];
    if (second?.histogram === undefined || index === this.#seconds.length - 1 || second.ended !== second.due) return;
    second.latencies = this.#latenciesOf(second);
    second.histogram.reset();
    this.#spare.push(second.histogram);
    second.histogram = undefined;
  }

  #failedIn(second: OpenSecond | undefined): Record<string, number> {
    const failed = new Map(second?.failedBy);
    for (const [peer, count] of second?.failedAt ?? []) add(failed, this.#nameAt(peer), count);
    return Object.fromEntries(failed);
  }

  #answered(second: OpenSecond, name: string, peer: string | undefined, tookMs: number): void {
    const micros = microsOf(tookMs);
    this.answered += 1;
    if (name === '') this.anonymous += 1;
    else if (peer !== undefined && peer !== name) {
      const before = this.#namesAt.get(peer);
      if (before !== name && (before !== undefined || this.#namesAt.size < this.#most)) {
        this.#namesAt.set(peer, before === undefined ? name : '');
      }
    }
    this.#all.record(micros);
    second.histogram?.record(micros);
    second.answered.set(name, (second.answered.get(name) ?? 0) + 1);
    const backend = this.#backend(name);
    backend.calls += 1;
    backend.histogram.record(micros);
  }

  #failed(second: OpenSecond, name: string, peer: string | undefined, status: string, error: string | undefined): void {
    const known = this.#failures.has(status) || this.#failures.size < mostStatuses ? status : others;
    this.failed += 1;
    second.failed += 1;
    add(this.#failures, known);
    if (error !== undefined && !this.#errors.has(known)) this.#errors.set(known, cut(error, longestError));
    if (name !== '') {
      add(this.#backend(name).failures, known);
      add(second.failedBy, name);
    } else if (peer !== undefined) {
      if (isOfGateway(status, error)) this.#namesAt.set(peer, '');
      const at = this.#failuresAt.size < this.#most || this.#failuresAt.has(peer) ? peer : others;
      add(countsOf(this.#failuresAt, at), known);
      add(second.failedAt, at);
    }
  }

  /** Who is meant by an address: the one backend that answers there, else the address itself. */
  #nameAt(peer: string): string {
    return this.#namesAt.get(peer) || this.#bounded(peer);
  }

  #bounded(name: string): string {
    const short = cut(name, longestName);
    return this.#backends.has(short) || this.#backends.size < this.#most || short === '' ? short : others;
  }

  #waited({ for: what, leftAt }: Held, sentAt: number): void {
    const waitedMs = leftAt === undefined ? Number.POSITIVE_INFINITY : leftAt - sentAt;
    if (waitedMs < shortestHeldMs) return;
    this.#held.set(what, (this.#held.get(what) ?? 0) + 1);
    if (leftAt === undefined) return;
    this.#heldCalls += 1;
    this.#longestHeldMs = Math.max(this.#longestHeldMs, waitedMs);
  }

  #indexOf(at: number): number {
    return Math.max(0, Math.floor((at - this.#startedAt) / 1000));
  }

  #second(at: number): OpenSecond {
    const index = this.#indexOf(at);
    let second = this.#seconds[index];
    if (second === undefined) {
      second = {
        due: 0,
        ended: 0,
        failed: 0,
        notSent: 0,
        answered: new Map(),
        failedBy: new Map(),
        failedAt: new Map(),
        histogram: this.#spare.pop() ?? newHistogram(),
        latencies: noLatencies,
      };
      this.#seconds[index] = second;
    }
    return second;
  }

  #backend(name: string): OpenBackend {
    let backend = this.#backends.get(name);
    if (backend === undefined) {
      backend = newBackend();
      this.#backends.set(name, backend);
    }
    return backend;
  }
}

/**
 * Whether only a gateway answers so (RFC 9110 15.6.3, 15.6.5): at that address backends answer behind another server.
 * In gRPC the status of HTTP is left in the error's words, which both engines write.
 */
function isOfGateway(status: string, error: string | undefined): boolean {
  return /^HTTP_50[24]$/.test(status) || /^(HTTP|Received HTTP status code) 50[24]\b/.test(error ?? '');
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function add(counts: Map<string, number>, key: string, count = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function countsOf(counts: Map<string, Map<string, number>>, key: string): Map<string, number> {
  let found = counts.get(key);
  if (found === undefined) {
    found = new Map();
    counts.set(key, found);
  }
  return found;
}

function newBackend(): OpenBackend {
  return { calls: 0, histogram: newHistogram(), failures: new Map() };
}
