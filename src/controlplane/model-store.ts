import { isDeepStrictEqual } from 'node:util';
import type { EvenkeelError } from '../base/errors.ts';
import type { DiscoveryObserver } from '../discovery/discovery.ts';
import { type Service, type ServiceId, serviceKey } from '../model/service.ts';

/** Is told what is in force after every change; calls must not throw. */
export interface ModelObserver {
  /** A Service appeared or its content changed. */
  changed(service: Service, source: string): void;
  /** No source has the Service any more. */
  removed(id: ServiceId): void;
  /** A source told everything it has, or can see less or more clearly; the state is in {@link ModelStore.sources}. */
  sourceChanged(source: SourceState): void;
  /** Two sources claim the same Service; told once for each pair until one of them lets go. */
  conflict(conflict: Conflict): void;
}

export interface SourceState {
  /** Unique name: the kind, numbered where there are several. */
  readonly name: string;
  readonly synced: boolean;
  /** Why the source cannot see clearly; its last good state is in force meanwhile. */
  readonly degraded?: EvenkeelError | undefined;
  /** Services that it tells of, those that another source has first included. */
  readonly services: number;
}

/** A Service that a later source claims too; the earlier one is in force. */
export interface Conflict {
  readonly service: string;
  readonly inForce: string;
  readonly ignored: string;
}

interface Source {
  readonly name: string;
  synced: boolean;
  degraded?: EvenkeelError | undefined;
  readonly services: Map<string, Service>;
}

/**
 * The Services in force, out of one or several sources.
 *
 * Where two sources claim the same Service the first one that was configured wins, whichever spoke first: the result
 * does not depend on timing. Nothing leaves the store but by a source's explicit `remove`.
 */
export class ModelStore {
  readonly #sources: Source[];
  readonly #observer: ModelObserver;
  readonly #inForce = new Map<string, { service: Service; source: Source }>();
  readonly #conflicts = new Map<string, Conflict[]>();

  /** @param names - the sources in the order of precedence */
  constructor(names: readonly string[], observer: ModelObserver) {
    this.#sources = names.map((name) => ({ name, synced: false, services: new Map() }));
    this.#observer = observer;
  }

  /** What the source at `index` reports to. */
  observerOf(index: number): DiscoveryObserver {
    const source = this.#sources[index];
    if (source === undefined) throw new RangeError(`no source ${index}`);
    return {
      upsert: (service) => {
        source.services.set(serviceKey(service), service);
        this.#settle(service);
      },
      remove: (id) => {
        if (source.services.delete(serviceKey(id))) this.#settle(id);
      },
      synced: () => {
        source.synced = true;
        this.#observer.sourceChanged(stateOf(source));
      },
      degraded: (error) => {
        source.degraded = error;
        this.#observer.sourceChanged(stateOf(source));
      },
    };
  }

  /** Whether every source told everything it has at least once. */
  get synced(): boolean {
    return this.#sources.every(({ synced }) => synced);
  }

  get sources(): SourceState[] {
    return this.#sources.map(stateOf);
  }

  get services(): Service[] {
    return [...this.#inForce.values()].map(({ service }) => service);
  }

  get(id: ServiceId): Service | undefined {
    return this.#inForce.get(serviceKey(id))?.service;
  }

  /** The source that a Service in force comes from. */
  sourceOf(id: ServiceId): string | undefined {
    return this.#inForce.get(serviceKey(id))?.source.name;
  }

  get conflicts(): Conflict[] {
    return [...this.#conflicts.values()].flat();
  }

  /** Brings what is in force for one Service in line with what the sources claim. */
  #settle(id: ServiceId): void {
    const key = serviceKey(id);
    const claims = this.#sources.filter(({ services }) => services.has(key));
    this.#settleConflicts(key, claims);
    const [source] = claims;
    const before = this.#inForce.get(key);
    if (source === undefined) {
      if (this.#inForce.delete(key)) this.#observer.removed({ namespace: id.namespace, name: id.name });
      return;
    }
    const service = source.services.get(key)!;
    this.#inForce.set(key, { service, source });
    if (before === undefined || !isDeepStrictEqual(before.service, service)) {
      this.#observer.changed(service, source.name);
    }
  }

  #settleConflicts(key: string, [first, ...others]: readonly Source[]): void {
    const before = this.#conflicts.get(key) ?? [];
    const now = others.map(({ name }) => ({ service: key, inForce: first?.name ?? '', ignored: name }));
    if (now.length === 0) this.#conflicts.delete(key);
    else this.#conflicts.set(key, now);
    for (const conflict of now) {
      if (!before.some((known) => isDeepStrictEqual(known, conflict))) this.#observer.conflict(conflict);
    }
  }
}

function stateOf({ name, synced, degraded, services }: Source): SourceState {
  return { name, synced, degraded, services: services.size };
}
