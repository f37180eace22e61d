import type { CacheChange, StreamInfo } from '@evenkeel/xds';
import { type Clock, systemClock } from '../base/clock.ts';
import { timeStamp } from '../base/time-stamp.ts';
import { typeLabel } from './type-label.ts';

/** What one client made of a change. Times are milliseconds since 1970. */
export interface ClientAnswer {
  /** `node.id` of its bootstrap. */
  readonly client: string;
  readonly peer: string;
  /** As `typeLabel` has it. */
  readonly type: string;
  /**
   * Undefined: it was sent nothing. What it sees is the same, or there is no way to say it (of endpoints that are gone, in state of
   * the world), or its socket takes no more.
   */
  readonly sentAtMs: number | undefined;
  /** Undefined: it has not answered. */
  readonly answeredAtMs: number | undefined;
  /** Its words, where it rejected what it was sent. */
  readonly rejected: string | undefined;
}

/** One change, from its source to the last client that it concerns. */
export interface ChangeTrace {
  /** `NAMESPACE/NAME` of the Services that changed, and what changed them: the name of a source, `health`, `ejection`, `removed`. */
  readonly causes: readonly (readonly [service: string, cause: string])[];
  readonly beganAtMs: number;
  /** When it was in the cache. */
  readonly publishedAtMs: number;
  readonly endedAtMs: number;
  /** One for each stream and type of resource. */
  readonly answers: readonly ClientAnswer[];
}

interface Change {
  causes: [string, string][];
  beganAtMs: number;
  publishedAtMs: number;
  readonly answers: Set<Answer>;
  open: number;
  callOff: () => void;
}

interface Waiting {
  readonly change: Change;
  readonly answer: Answer;
}

type Answer = { -readonly [Key in keyof ClientAnswer]: ClientAnswer[Key] };

export interface ChangeTracesOptions {
  /** Streams that name a resource. */
  readonly streamsOf: (typeUrl: string, name: string) => readonly StreamInfo[];
  readonly done: (trace: ChangeTrace) => void;
  readonly clock?: Clock | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** A client that has not answered by then is left out; the trace ends without it. */
const patienceMs = 60_000;
/** Changes that are followed at once, and answers that each of them waits for; what is beyond is not followed. */
const maxChanges = 100;
const maxAnswers = 10_000;

/**
 * Follows changes: what a source says begins one, what it changes in the cache says which streams it is for, and their answers
 * end it. A change that no client sees is none.
 */
export class ChangeTraces {
  readonly #options: ChangeTracesOptions;
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #begun = new Map<string, { cause: string; atMs: number }>();
  readonly #removed = new Set<string>();
  readonly #open = new Set<Change>();
  /** What is waited for, by stream and type. */
  readonly #waiting = new Map<number, Map<string, Waiting[]>>();
  #current: Change | undefined;

  constructor(options: ChangeTracesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#now = options.now ?? timeStamp;
  }

  /** A Service may change; the first cause before its publication counts. */
  began(service: string, cause: string): void {
    if (!this.#begun.has(service)) this.#begun.set(service, { cause, atMs: this.#now() });
  }

  /** The cache changed, before streams are sent anything. */
  readonly cacheChanged = ({
    group,
    names,
    seenBy = (one) => group === undefined || one === group,
  }: CacheChange): void => {
    const isBegun = this.#current !== undefined;
    for (const [typeUrl, changed] of names) {
      for (const name of changed) {
        for (const stream of this.#options.streamsOf(typeUrl, name)) {
          if (stream.group !== undefined && seenBy(stream.group)) this.#await(stream, typeUrl);
        }
      }
    }
    const change = this.#current;
    // A publication says in the same turn whose change it is. Plans change by themselves as well, and nobody's Service.
    if (change !== undefined && !isBegun) queueMicrotask(() => this.#drop(change));
  };

  /** These Services are published: what the cache changed since the last time was for them. */
  published(services: readonly string[]): void {
    const now = this.#now();
    const found = [...services, ...this.#removed].flatMap((service) => {
      const one = this.#begun.get(service);
      this.#begun.delete(service);
      return one === undefined ? [] : [{ service, ...one }];
    });
    this.#removed.clear();
    // What settles after first health checks, or after it came and went, is published without a word of anybody.
    if (found.length === 0) found.push(...services.map((service) => ({ service, cause: 'health', atMs: now })));
    const change = this.#current;
    this.#current = undefined;
    if (change === undefined) return;
    change.causes = found.map(({ service, cause }) => [service, cause]);
    change.beganAtMs = Math.min(now, ...found.map(({ atMs }) => atMs));
    change.publishedAtMs = now;
    this.#endIfAnswered(change);
  }

  /** A Service is gone, which is published next. */
  removed(service: string): void {
    this.rejected(service);
    this.began(service, 'removed');
    this.#removed.add(service);
  }

  /** The newest state of a Service is not published. */
  rejected(service: string): void {
    this.#begun.delete(service);
  }

  /** A stream was sent something of a type. */
  response({ id }: StreamInfo, typeUrl: string): void {
    for (const { answer } of this.#waiting.get(id)?.get(typeUrl) ?? []) answer.sentAtMs ??= this.#now();
  }

  /** A stream acknowledged what it was sent last of a type, or rejected it with these words. */
  answered({ id }: StreamInfo, typeUrl: string, rejected?: string): void {
    const waiting = this.#waiting.get(id)?.get(typeUrl) ?? [];
    const sent = waiting.filter(({ answer }) => answer.sentAtMs !== undefined);
    if (sent.length === 0) return;
    this.#keepWaiting(id, typeUrl, ({ answer }) => answer.sentAtMs === undefined);
    for (const { change, answer } of sent) {
      answer.answeredAtMs = this.#now();
      answer.rejected = rejected;
      change.open--;
      this.#endIfAnswered(change);
    }
  }

  streamClosed({ id }: StreamInfo): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    for (const { change, answer } of [...(waiting?.values() ?? [])].flat()) {
      change.answers.delete(answer);
      change.open--;
      this.#endIfAnswered(change);
    }
  }

  /** Ends its timers; what is open is not told of. */
  close(): void {
    for (const { callOff } of this.#open) callOff();
    this.#open.clear();
    this.#waiting.clear();
  }

  #await({ id, node, peer }: StreamInfo, typeUrl: string): void {
    const types = this.#waiting.get(id) ?? new Map<string, Waiting[]>();
    const waiting = types.get(typeUrl) ?? [];
    if (this.#current !== undefined && waiting.some(({ change }) => change === this.#current)) return;
    this.#current ??= this.#newChange();
    const change = this.#current;
    if (change === undefined || change.answers.size >= maxAnswers) return;
    const answer = {
      ...{ client: node.id, peer, type: typeLabel(typeUrl) },
      ...{ sentAtMs: undefined, answeredAtMs: undefined, rejected: undefined },
    };
    change.answers.add(answer);
    change.open++;
    waiting.push({ change, answer });
    this.#waiting.set(id, types.set(typeUrl, waiting));
  }

  #newChange(): Change | undefined {
    if (this.#open.size >= maxChanges) return undefined;
    const change: Change = {
      causes: [],
      beganAtMs: 0,
      publishedAtMs: 0,
      answers: new Set(),
      open: 0,
      callOff: () => {},
    };
    change.callOff = this.#clock.after(patienceMs, () => this.#end(change));
    this.#open.add(change);
    return change;
  }

  #endIfAnswered(change: Change): void {
    if (change.open === 0 && change.publishedAtMs > 0) this.#end(change);
  }

  #end(change: Change): void {
    if (!this.#open.delete(change)) return;
    change.callOff();
    if (change.open > 0) this.#forget(change);
    if (change.answers.size === 0) return;
    const { causes, beganAtMs, publishedAtMs, answers } = change;
    this.#options.done({ causes, beganAtMs, publishedAtMs, endedAtMs: this.#now(), answers: [...answers] });
  }

  #drop(change: Change): void {
    if (this.#current !== change) return;
    this.#current = undefined;
    this.#open.delete(change);
    change.callOff();
    this.#forget(change);
  }

  #forget(change: Change): void {
    for (const [id, types] of this.#waiting) {
      for (const typeUrl of types.keys()) this.#keepWaiting(id, typeUrl, (one) => one.change !== change);
    }
  }

  /** Of what is waited for of a stream and type only this is waited for any longer. */
  #keepWaiting(id: number, typeUrl: string, isKept: (one: Waiting) => boolean): void {
    const types = this.#waiting.get(id)!;
    const left = types.get(typeUrl)!.filter(isKept);
    if (left.length > 0) types.set(typeUrl, left);
    else types.delete(typeUrl);
    if (types.size === 0) this.#waiting.delete(id);
  }
}
