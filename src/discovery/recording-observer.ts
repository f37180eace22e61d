import type { EvenkeelError } from '../base/errors.ts';
import { type Service, type ServiceId, serviceKey } from '../model/service.ts';
import type { DiscoveryObserver, Reading } from './discovery.ts';

/** One call of a `DiscoveryObserver`. */
export type DiscoveryEvent =
  | { readonly kind: 'upsert'; readonly service: Service }
  | { readonly kind: 'remove'; readonly key: string }
  | { readonly kind: 'synced' }
  | { readonly kind: 'degraded'; readonly error: EvenkeelError | undefined };

/** Only there to end a test that would wait for ever. */
const patienceMs = 60_000;

/** An observer for tests: keeps what it was told and can be waited for. */
export class RecordingObserver implements DiscoveryObserver {
  readonly events: DiscoveryEvent[] = [];
  /** What exists now, by `NAMESPACE/NAME`. */
  readonly services = new Map<string, Service>();
  /** What it began to read, as `VERB RESOURCE: REASON`. */
  readonly readings: string[] = [];
  isSynced = false;
  error: EvenkeelError | undefined;
  #waiting: (() => void)[] = [];

  upsert(service: Service): void {
    this.services.set(serviceKey(service), service);
    this.#record({ kind: 'upsert', service });
  }

  remove(service: ServiceId): void {
    this.services.delete(serviceKey(service));
    this.#record({ kind: 'remove', key: serviceKey(service) });
  }

  synced(): void {
    this.isSynced = true;
    this.#record({ kind: 'synced' });
  }

  degraded(error: EvenkeelError | undefined): void {
    this.error = error;
    this.#record({ kind: 'degraded', error });
  }

  reading({ verb, resource, reason }: Reading): void {
    this.readings.push(`${verb} ${resource}: ${reason}`);
    this.#wake();
  }

  /** Resolves once `holds` does, now or after an event; rejects after a minute, naming what was waited for. */
  async until(what: string, holds: (observer: this) => boolean): Promise<void> {
    let expired = false;
    const timer = setTimeout(() => {
      expired = true;
      this.#wake();
    }, patienceMs);
    try {
      while (!holds(this)) {
        if (expired) throw new Error(`waited in vain until ${what}; the last events: ${this.#summary()}`);
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** How often the Service was told. */
  upsertsOf(key: string): number {
    return this.events.filter((event) => event.kind === 'upsert' && serviceKey(event.service) === key).length;
  }

  #record(event: DiscoveryEvent): void {
    this.events.push(event);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #summary(): string {
    return JSON.stringify(this.events.slice(-5));
  }
}
