import type { EvenkeelError } from '../../base/errors.ts';
import { type Service, type ServiceId, serviceKey } from '../../model/service.ts';
import type { DiscoveryObserver, Reading } from '../discovery.ts';
import { Waiting } from './waiting.ts';

/** One call of a `DiscoveryObserver`. */
export type DiscoveryEvent =
  | { readonly kind: 'upsert'; readonly service: Service }
  | { readonly kind: 'remove'; readonly key: string }
  | { readonly kind: 'synced' }
  | { readonly kind: 'degraded'; readonly error: EvenkeelError | undefined };

/** An observer for tests: keeps what it was told and can be waited for. */
export class RecordingObserver implements DiscoveryObserver {
  readonly events: DiscoveryEvent[] = [];
  /** What exists now, by `NAMESPACE/NAME`. */
  readonly services = new Map<string, Service>();
  /** What it began to read, as `VERB RESOURCE: REASON`. */
  readonly readings: string[] = [];
  isSynced = false;
  error: EvenkeelError | undefined;
  readonly #waiting = new Waiting();

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
    this.#waiting.wake();
  }

  /** Resolves once `holds` does, now or after an event; rejects after a minute, naming what was waited for. */
  until(what: string, holds: (observer: this) => boolean): Promise<void> {
    const seen = () => `the last events: ${JSON.stringify(this.events.slice(-5))}`;
    return this.#waiting.until(what, () => holds(this), seen);
  }

  /** How often the Service was told. */
  upsertsOf(key: string): number {
    return this.events.filter((event) => event.kind === 'upsert' && serviceKey(event.service) === key).length;
  }

  #record(event: DiscoveryEvent): void {
    this.events.push(event);
    this.#waiting.wake();
  }
}
