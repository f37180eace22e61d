import type { Clock } from '../../base/clock.ts';
import { type EvenkeelError, toEvenkeelError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { ApiReader } from './api-client.ts';
import { BusyError, badAnswer, ExpiredError } from './api-errors.ts';
import { type Collection, type KubeObject, targetOf } from './collection.ts';
import { type Listed, list } from './list.ts';
import { isBefore, watch } from './watch.ts';

/**
 * Why something is read: it is the first time (`start`), it was `listed` just now, the watch `ended` or was `silent`, the
 * request before `failed`, the server's history is gone (`expired`), an answer was `unreadable`, or a list was so much
 * shorter than the last that it was `doubted`.
 */
export type ReadReason = 'start' | 'listed' | 'ended' | 'silent' | 'failed' | 'expired' | 'unreadable' | 'doubted';

export interface ReflectorObserver<Item> {
  /** A request begins. */
  reading(verb: 'list' | 'watch', reason: ReadReason): void;
  /** What happens there is heard from now on (true), or no longer (false); the first time nothing was heard before. */
  hears(isHeard: boolean): void;
  /** An object is new or different; `before` is what it was. */
  changed(item: Item, before: Item | undefined): void;
  deleted(item: Item): void;
  /** What belongs together was told; after the first time everything that exists was. */
  settled(): void;
  /** The API server cannot be read (an error), or can be again (undefined); never the same twice in a row. */
  degraded(error: EvenkeelError | undefined): void;
}

/** All in milliseconds. */
export interface ReflectorTimes {
  /** First pause after a failure, doubled with each further one. */
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** A server that wants to be left alone for longer (`Retry-After`) is asked after this all the same. */
  readonly maxRetryAfterMs: number;
  /** A watch is ended after this by the server, varied by up to a quarter. */
  readonly watchTimeoutMs: number;
  /** A watch without one byte for this long is begun again. API servers send a bookmark about once a minute. */
  readonly idleMs: number;
  /** A watch that ends sooner than this and brought nothing is a failure. */
  readonly shortWatchMs: number;
}

export const defaultTimes: ReflectorTimes = {
  minBackoffMs: 250,
  maxBackoffMs: 5_000,
  maxRetryAfterMs: 60_000,
  watchTimeoutMs: 300_000,
  idleMs: 90_000,
  shortWatchMs: 1_000,
};

export interface ReflectorOptions<Item extends KubeObject> {
  readonly client: ApiReader;
  readonly collection: Collection<Item>;
  readonly observer: ReflectorObserver<Item>;
  readonly clock: Clock;
  readonly random: Random;
  readonly times: ReflectorTimes;
}

/** A list that lacks more than this share of what was known is asked for a second time before it is believed. */
const believableLoss = 0.5;
/** So many watches in a row may be of no use before that is a failure. */
const believableFutile = 2;

/**
 * Keeps a copy of a collection: lists it, then follows it with watches that begin where the last one ended.
 *
 * It lists again only where the server has forgotten that place (410) or an answer could not be understood, and tells
 * what differs. Nothing is ever deleted because of an error.
 */
export class Reflector<Item extends KubeObject> {
  readonly #options: ReflectorOptions<Item>;
  readonly #items = new Map<string, Item>();
  readonly #stopped = new AbortController();
  /** Of the next request. */
  #reason: ReadReason = 'start';
  /** Where the next watch begins; undefined: with a list. */
  #resourceVersion: string | undefined;
  /** Up to where the collection was seen. */
  #seen: string | undefined;
  /** Requests in a row that were not answered, or refused. */
  #failures = 0;
  /** Watches in a row that were accepted, or could have been, and were of no use. */
  #futile = 0;
  #degraded: EvenkeelError | undefined;
  #running: Promise<void> = Promise.resolve();
  #heardAtMs: number | undefined;

  constructor(options: ReflectorOptions<Item>) {
    this.#options = options;
  }

  /** When the server last said something about the collection, by the clock; undefined: it has not yet. */
  get heardAtMs(): number | undefined {
    return this.#heardAtMs;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        this.#resourceVersion ??= await this.#list();
        await this.#watch(this.#resourceVersion);
      } catch (error) {
        if (signal.aborted) return;
        await this.#failed(error);
      }
    }
  }

  async #failed(error: unknown): Promise<void> {
    const expired = error instanceof ExpiredError;
    // Everyday life of a server that was restarted; again and again it is a server that does not keep its word.
    if (expired && this.#futile <= believableFutile) return;
    this.#failures += 1;
    this.#tell(
      expired ? badAnswer(targetOf('watch', this.#options.collection), error.message) : toEvenkeelError(error),
    );
    const retryAfterMs = error instanceof BusyError ? (error.retryAfterMs ?? 0) : 0;
    await this.#pause(Math.min(retryAfterMs, this.#options.times.maxRetryAfterMs));
  }

  async #list(): Promise<string> {
    const { client, collection, observer } = this.#options;
    const { signal } = this.#stopped;
    observer.reading('list', this.#reason);
    this.#reason = 'failed';
    let listed = await list(client, collection, signal);
    if (this.#isImplausible(listed)) {
      await this.#pause();
      observer.reading('list', 'doubted');
      listed = await list(client, collection, signal);
    }
    this.#replace(listed);
    this.#reason = 'listed';
    return listed.resourceVersion;
  }

  /** Most of what was known is gone at once: true perhaps, but perhaps a server that is not itself yet. */
  #isImplausible({ items }: Listed<Item>): boolean {
    let lost = 0;
    for (const key of this.#items.keys()) if (!items.has(key)) lost += 1;
    return lost > this.#items.size * believableLoss;
  }

  #replace({ items, resourceVersion }: Listed<Item>): void {
    const { clock, observer } = this.#options;
    this.#heardAtMs = clock.now();
    observer.hears(true);
    // After a restore of etcd the same version may be of another content.
    const wentBack = this.#seen !== undefined && isBefore(resourceVersion, this.#seen);
    for (const item of items.values()) if (wentBack || this.#isNew(item)) this.#changed(item);
    this.#seen = resourceVersion;
    for (const item of this.#items.values()) if (!items.has(item.key)) this.#deleted(item);
    observer.settled();
    observer.hears(false);
  }

  async #watch(from: string): Promise<void> {
    const { client, clock, collection, observer, random, times } = this.#options;
    let cancel = () => {};
    const useful = (): void => {
      cancel();
      this.#futile = 0;
      this.#recovered();
    };
    const timeoutMs = times.watchTimeoutMs * (0.75 + random() / 2);
    let opened = false;
    observer.reading('watch', this.#reason);
    this.#reason = 'failed';
    try {
      this.#reason = await watch(
        client,
        clock,
        collection,
        from,
        { timeoutSeconds: Math.max(1, Math.round(timeoutMs / 1000)), idleMs: times.idleMs },
        {
          opened: () => {
            opened = true;
            observer.hears(true);
            this.#futile += 1;
            cancel = clock.after(times.shortWatchMs, useful);
            if (this.#futile <= believableFutile) this.#recovered();
          },
          changed: (item) => {
            if (this.#isNew(item)) this.#changed(item);
          },
          deleted: (item) => this.#deleted(item),
          reached: (resourceVersion) => {
            this.#resourceVersion = resourceVersion;
            this.#seen = resourceVersion;
            this.#heardAtMs = clock.now();
            useful();
          },
          settled: () => observer.settled(),
        },
        this.#stopped.signal,
      );
    } catch (error) {
      if (!opened && error instanceof ExpiredError) this.#futile += 1;
      if (error instanceof ExpiredError) this.#reason = 'expired';
      // A server with too much to do says so in a watch as well: nothing was missed, and to list everything would be worse.
      else if (opened && !(error instanceof BusyError)) this.#reason = 'unreadable';
      // What was missed in an answer that was not understood is unknown, as it is after 410.
      if (this.#reason !== 'failed') this.#resourceVersion = undefined;
      throw error;
    } finally {
      cancel();
      observer.hears(false);
    }
    if (this.#futile === 0) return;
    if (this.#futile > believableFutile) this.#tell(badAnswer(targetOf('watch', collection), 'watches end at once'));
    await this.#pause();
  }

  #isNew({ key, resourceVersion }: Item): boolean {
    return this.#items.get(key)?.resourceVersion !== resourceVersion;
  }

  #changed(item: Item): void {
    const before = this.#items.get(item.key);
    this.#items.set(item.key, item);
    this.#options.observer.changed(item, before);
  }

  #deleted({ key }: Item): void {
    const item = this.#items.get(key);
    if (item === undefined) return;
    this.#items.delete(key);
    this.#options.observer.deleted(item);
  }

  #recovered(): void {
    this.#failures = 0;
    this.#tell(undefined);
  }

  #tell(error: EvenkeelError | undefined): void {
    if (error?.message === this.#degraded?.message) return;
    this.#degraded = error;
    this.#options.observer.degraded(error);
  }

  /**
   * Doubling with the failures, the upper half left to chance, so that replicas do not come back in step.
   *
   * @param leastMs - the server wants to be left alone for so long
   */
  #pause(leastMs = 0): Promise<void> {
    const { clock, random, times } = this.#options;
    const full = Math.min(
      times.maxBackoffMs,
      times.minBackoffMs * 2 ** Math.min(20, Math.max(0, this.#failures + this.#futile - 1)),
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = this.#stopped;
    const cancel = clock.after(Math.max(full * (0.5 + random() / 2), leastMs * (1 + random() / 4)), resolve);
    const stop = (): void => {
      cancel();
      resolve();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    return promise.finally(() => signal.removeEventListener('abort', stop));
  }
}
