import { isDeepStrictEqual } from 'node:util';
import { type Service, type ServiceId, serviceKey } from '../model/service.ts';
import type { DiscoveryObserver } from './discovery.ts';

/** What an observer was told, so that only what differs is told again. */
export class ToldServices {
  readonly #observer: Pick<DiscoveryObserver, 'upsert' | 'remove'>;
  readonly #told = new Map<string, Service>();

  constructor(observer: Pick<DiscoveryObserver, 'upsert' | 'remove'>) {
    this.#observer = observer;
  }

  get all(): Iterable<Service> {
    return this.#told.values();
  }

  upsert(service: Service): void {
    const key = serviceKey(service);
    if (isDeepStrictEqual(this.#told.get(key), service)) return;
    this.#told.set(key, service);
    this.#observer.upsert(service);
  }

  /** The Service is gone, for certain; nothing is told of one that never was. */
  remove(key: string): void {
    const known = this.#told.get(key);
    if (known === undefined) return;
    this.#told.delete(key);
    this.#observer.remove({ namespace: known.namespace, name: known.name } satisfies ServiceId);
  }

  /** `services` is everything that exists, for certain: what was told and is not among them is removed. */
  replaceAll(services: readonly Service[]): void {
    for (const service of services) this.upsert(service);
    const existing = new Set(services.map(serviceKey));
    for (const key of this.#told.keys()) if (!existing.has(key)) this.remove(key);
  }
}
