import { hash } from 'node:crypto';
import { type Clock, systemClock } from '../../base/clock.ts';
import { type EvenkeelError, toEvenkeelError } from '../../base/errors.ts';
import { ApiClient } from './api-client.ts';
import type { KubeAccess } from './kube-request.ts';

/** Something that happened to an object of the cluster, for `kubectl describe` and `kubectl get events`. */
export interface KubeEvent {
  readonly kind: 'Pod' | 'Service';
  readonly namespace: string;
  readonly name: string;
  /** `Warning`: somebody should look; `Normal`: good to know. */
  readonly type: 'Normal' | 'Warning';
  /** One word in CamelCase, which stays the same. */
  readonly reason: string;
  /** A sentence; of a long one the first 1,024 bytes are written, as Kubernetes has it. */
  readonly message: string;
  /** Every replica sees the same, so that it is written once for this message; else each replica speaks for itself. */
  readonly isShared?: boolean | undefined;
}

export interface KubeEventsOptions {
  readonly access: KubeAccess;
  /** Name of the pod that this process is, or of its host. */
  readonly instance: string;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly wallClock?: (() => number) | undefined;
  /** What became of an event; `error` where it failed. */
  readonly done: (result: 'written' | 'failed' | 'dropped', error?: EvenkeelError) => void;
}

/** More are lost, and counted: what happens to a whole cluster at once fills neither our memory nor the API server's. */
const maxWaiting = 100;
/** Written at once, before there is only one a second. */
const burst = 20;
const refillMs = 1_000;
/** How often each of so many has happened is remembered. */
const maxCounted = 1_000;
const maxMessageBytes = 1_024;

/**
 * Writes events (core `v1`, as the recorder of client-go does) to an API server: never waited for, 20 at once and then one a second.
 * What happens again to the same object is the same event with a higher count, from the start of the process on. What cannot be
 * written is lost, and counted.
 */
export class KubeEvents {
  readonly #options: KubeEventsOptions;
  readonly #clock: Clock;
  readonly #client: ApiClient;
  readonly #stop = new AbortController();
  readonly #waiting = new Map<string, KubeEvent>();
  readonly #seen = new Map<string, { readonly firstMs: number; count: number }>();
  #left = burst;
  #isWriting = false;
  #cancelRefill: (() => void) | undefined;

  constructor(options: KubeEventsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#client = new ApiClient(options.access, this.#clock);
  }

  record(event: KubeEvent): void {
    if (this.#stop.signal.aborted) return;
    const path = pathOf(event, this.#options.instance);
    if (!this.#waiting.has(path) && this.#waiting.size >= maxWaiting) {
      this.#options.done('dropped');
      return;
    }
    this.#count(path);
    this.#waiting.set(path, event);
    void this.#writeNext();
  }

  /** What still waits is lost. */
  stop(): void {
    this.#stop.abort();
    this.#cancelRefill?.();
    this.#waiting.clear();
  }

  get #now(): number {
    return (this.#options.wallClock ?? Date.now)();
  }

  #count(path: string): void {
    const seen = this.#seen.get(path) ?? { firstMs: this.#now, count: 0 };
    seen.count += 1;
    this.#seen.delete(path);
    this.#seen.set(path, seen);
    if (this.#seen.size > maxCounted) this.#seen.delete(this.#seen.keys().next().value!);
  }

  async #writeNext(): Promise<void> {
    const [next] = this.#waiting;
    if (this.#isWriting || next === undefined || this.#left === 0) return;
    this.#waiting.delete(next[0]);
    this.#isWriting = true;
    this.#left -= 1;
    this.#refill();
    try {
      await this.#write(...next);
      this.#options.done('written');
    } catch (thrown) {
      if (!this.#stop.signal.aborted) this.#options.done('failed', toEvenkeelError(thrown));
    }
    this.#isWriting = false;
    void this.#writeNext();
  }

  #refill(): void {
    this.#cancelRefill ??= this.#clock.after(refillMs, () => {
      this.#cancelRefill = undefined;
      this.#left += 1;
      if (this.#left < burst) this.#refill();
      void this.#writeNext();
    });
  }

  /** Created where it is new, here or after an hour, when the API server forgets it; else the one that is there is changed. */
  async #write(path: string, { kind, namespace, name, type, reason, message, isShared }: KubeEvent): Promise<void> {
    const { instance } = this.#options;
    const { signal } = this.#stop;
    const { firstMs, count } = this.#seen.get(path) ?? { firstMs: this.#now, count: 1 };
    const news = { message: cut(message), count, lastTimestamp: timestamp(this.#now) };
    const target = { resource: 'events', group: '', namespace };
    if (count > 1 && (await this.#client.write(path, { ...target, verb: 'patch' }, news, signal)) !== 404) return;
    const at = path.lastIndexOf('/');
    const object = {
      ...{ apiVersion: 'v1', kind: 'Event', metadata: { name: decodeURIComponent(path.slice(at + 1)), namespace } },
      involvedObject: { apiVersion: 'v1', kind, namespace, name },
      ...{ type, reason, ...news, firstTimestamp: timestamp(firstMs) },
      source: { component: 'evenkeel', ...(isShared ? {} : { host: instance }) },
      ...{ reportingComponent: 'evenkeel.dev/control-plane', reportingInstance: instance },
    };
    const status = await this.#client.write(path.slice(0, at), { ...target, verb: 'create' }, object, signal);
    // 409: another replica has said the same; or this one, before it was restarted, and that was of another time.
    if (status === 409 && !isShared) await this.#client.write(path, { ...target, verb: 'patch' }, news, signal);
  }
}

/** The same for the same thing at the same object, so that it is one event however often it happens. */
function pathOf({ kind, namespace, name, reason, message, isShared }: KubeEvent, instance: string): string {
  const about = [kind, reason, isShared ? message : instance].join('\n');
  const suffix = hash('sha256', about, 'hex').slice(0, 16);
  // Of an EndpointSlice nobody has looked at the name of a pod: it must not lead to another path.
  const beginning = name.slice(0, 200).toWellFormed();
  return `/api/v1/namespaces/${namespace}/events/${encodeURIComponent(beginning.replace(/[-.]+$/, ''))}.${suffix}`;
}

function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxMessageBytes) return text;
  const beginning = bytes.subarray(0, maxMessageBytes - 3).toString();
  return `${beginning.replace(/\uFFFD$/, '')}…`;
}

/** `metav1.Time` has whole seconds. */
function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
