import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Latencies in milliseconds; null where no call was answered. */
export interface Latency {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
  readonly mean: number | null;
}

/** One second of a run. */
export interface Second {
  /** From the start of what counts. */
  readonly atMs: number;
  /** Calls that were due in it. */
  readonly due: number;
  /** Answered calls that were due in it, by backend; `""` where the answer did not say. */
  readonly answered: Readonly<Record<string, number>>;
  readonly failed: number;
  readonly latencyMs: Pick<Latency, 'p50' | 'p99' | 'max'>;
}

export interface BackendSum {
  readonly name: string;
  readonly calls: number;
  readonly latencyMs: Latency;
  readonly failures: Readonly<Record<string, number>>;
}

/** HDR histograms hold microseconds with three digits, up to an hour. */
const newHistogram = (): RecordableHistogram => createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 });

interface OpenSecond {
  due: number;
  failed: number;
  readonly answered: Map<string, number>;
  readonly histogram: RecordableHistogram;
}

interface OpenBackend {
  calls: number;
  readonly histogram: RecordableHistogram;
  readonly failures: Map<string, number>;
}

/** When calls first came back from a backend, and when the last was sent to it; milliseconds of the caller's clock. */
export interface Contact {
  firstAnswerAt: number;
  lastSentAt: number;
}

/** Adds up calls as they end; what it holds does not grow with their number. */
export class Recorder {
  readonly #startedAt: number;
  readonly #all = newHistogram();
  readonly #backends = new Map<string, OpenBackend>();
  readonly #failures = new Map<string, number>();
  readonly #seconds: OpenSecond[] = [];
  readonly #errors = new Map<string, string>();
  readonly contacts = new Map<string, Contact>();
  answered = 0;
  failed = 0;
  anonymous = 0;

  /** @param startedAt - when counting begins, on the clock of every time that it is given */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  get calls(): number {
    return this.answered + this.failed;
  }

  get backends(): ReadonlyMap<string, { readonly calls: number }> {
    return this.#backends;
  }

  /** A call is due. */
  due(dueAt: number): void {
    this.#second(dueAt).due += 1;
  }

  /** A call has ended. */
  ended(dueAt: number, sentAt: number, endedAt: number, status: string, who = '', peer?: string, error?: string): void {
    const second = this.#second(dueAt);
    if (status === 'OK') {
      // Less than a microsecond is one: a histogram of these has no zero.
      const micros = Math.max(1, Math.round((endedAt - dueAt) * 1000));
      this.answered += 1;
      if (who === '') this.anonymous += 1;
      this.#all.record(micros);
      second.histogram.record(micros);
      second.answered.set(who, (second.answered.get(who) ?? 0) + 1);
      const backend = this.#backend(who);
      backend.calls += 1;
      backend.histogram.record(micros);
    } else {
      this.failed += 1;
      second.failed += 1;
      add(this.#failures, status);
      if (error !== undefined && !this.#errors.has(status)) this.#errors.set(status, error);
      const known = who === '' ? peer : who;
      if (known !== undefined && this.#backends.has(known)) add(this.#backend(known).failures, status);
    }
    this.#contact(who, status, sentAt, endedAt);
    if (peer !== undefined && peer !== who) this.#contact(peer, status, sentAt, endedAt);
  }

  latency(): Latency {
    return latencyOf(this.#all);
  }

  failures(): Record<string, number> {
    return Object.fromEntries(this.#failures);
  }

  /** The first error's own words of each status. */
  errors(): Record<string, string> {
    return Object.fromEntries(this.#errors);
  }

  /** Who answered, in the order of their names. */
  sums(): BackendSum[] {
    return [...this.#backends]
      .map(([name, { calls, histogram, failures }]) => ({
        name,
        calls,
        latencyMs: latencyOf(histogram),
        failures: Object.fromEntries(failures),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  seconds(): Second[] {
    return [...this.#seconds].map((second, index) => {
      const { p50, p99, max } = second === undefined ? empty : latencyOf(second.histogram);
      return {
        atMs: index * 1000,
        due: second?.due ?? 0,
        answered: Object.fromEntries(second?.answered ?? []),
        failed: second?.failed ?? 0,
        latencyMs: { p50, p99, max },
      };
    });
  }

  #second(at: number): OpenSecond {
    const index = Math.max(0, Math.floor((at - this.#startedAt) / 1000));
    let second = this.#seconds[index];
    if (second === undefined) {
      second = { due: 0, failed: 0, answered: new Map(), histogram: newHistogram() };
      this.#seconds[index] = second;
    }
    return second;
  }

  #backend(name: string): OpenBackend {
    let backend = this.#backends.get(name);
    if (backend === undefined) {
      backend = { calls: 0, histogram: newHistogram(), failures: new Map() };
      this.#backends.set(name, backend);
    }
    return backend;
  }

  #contact(name: string, status: string, sentAt: number, endedAt: number): void {
    if (name === '') return;
    const contact = this.contacts.get(name);
    const answeredAt = status === 'OK' ? endedAt : Number.POSITIVE_INFINITY;
    if (contact === undefined) this.contacts.set(name, { firstAnswerAt: answeredAt, lastSentAt: sentAt });
    else {
      contact.firstAnswerAt = Math.min(contact.firstAnswerAt, answeredAt);
      contact.lastSentAt = Math.max(contact.lastSentAt, sentAt);
    }
  }
}

const empty: Latency = { p50: null, p90: null, p99: null, p999: null, max: null, mean: null };

function latencyOf(histogram: RecordableHistogram): Latency {
  if (histogram.count === 0) return empty;
  const ms = (micros: number): number => Math.round(micros / 10) / 100;
  return {
    p50: ms(histogram.percentile(50)),
    p90: ms(histogram.percentile(90)),
    p99: ms(histogram.percentile(99)),
    p999: ms(histogram.percentile(99.9)),
    max: ms(histogram.max),
    mean: ms(histogram.mean),
  };
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
