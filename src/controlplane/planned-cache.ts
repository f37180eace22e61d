import {
  type CacheChange,
  type CacheObserver,
  type EncodedResource,
  type ResourceView,
  type SnapshotCache,
  typeUrls,
  type XdsCache,
} from '@evenkeel/xds';
import { splitGroup } from './client-number.ts';
import { groupInForm } from './node-group.ts';

/** The assignment that a client is given by a plan; undefined: the one that all like it see. */
export type PlannedFor = (client: number, name: string) => EncodedResource | undefined;

/** Whether a client is given the cluster of this name in which localities are drawn by weight. */
export type WeightedFor = (client: number, name: string) => boolean;

/** A cache of which each client sees what all like it see, but for the assignments that a plan has for it alone. */
export class PlannedCache implements XdsCache {
  readonly #cache: SnapshotCache;
  readonly #plannedFor: PlannedFor;
  readonly #isWeighted: WeightedFor;
  readonly #observers = new Set<CacheObserver>();

  constructor(cache: SnapshotCache, plannedFor: PlannedFor, isWeighted: WeightedFor) {
    this.#cache = cache;
    this.#plannedFor = plannedFor;
    this.#isWeighted = isWeighted;
  }

  view(group: string): ResourceView {
    const { group: shared, client } = splitGroup(group);
    const view = this.#cache.view(shared);
    if (client === undefined) return view;
    return new PlannedView(group, view, (typeUrl, name, found) => {
      if (typeUrl === typeUrls.endpoint) return this.#plannedFor(client, name) ?? found;
      if (typeUrl !== typeUrls.cluster || !this.#isWeighted(client, name)) return found;
      // Of all endpoints in one locality, or each in its own, the cluster of the former draws localities by weight.
      return this.#cache.view(groupInForm(shared, 'merged')).get(typeUrl, name) ?? found;
    });
  }

  observe(observer: CacheObserver): () => void {
    this.#observers.add(observer);
    const unobserve = this.#cache.observe((change) => observer(forClients(change)));
    return () => {
      this.#observers.delete(observer);
      unobserve();
    };
  }

  /** These clients are given another resource of this name. */
  changed(name: string, clients: ReadonlySet<number>, typeUrl: string): void {
    if (clients.size === 0) return;
    const names = new Map([[typeUrl, new Set([name])]]);
    const seenBy = (group: string): boolean => {
      const { client } = splitGroup(group);
      return client !== undefined && clients.has(client);
    };
    for (const observer of this.#observers) observer({ group: '', names, seenBy });
  }
}

/** What all like a client see, but for what it is given instead of it. */
class PlannedView implements ResourceView {
  readonly group: string;
  readonly #shared: ResourceView;
  readonly #instead: (typeUrl: string, name: string, found: EncodedResource) => EncodedResource;

  constructor(
    group: string,
    shared: ResourceView,
    instead: (typeUrl: string, name: string, found: EncodedResource) => EncodedResource,
  ) {
    this.group = group;
    this.#shared = shared;
    this.#instead = instead;
  }

  get(typeUrl: string, name: string): EncodedResource | undefined {
    const found = this.#shared.get(typeUrl, name);
    return found && this.#instead(typeUrl, name, found);
  }

  getByWildcard(typeUrl: string, name: string): EncodedResource | undefined {
    const found = this.#shared.getByWildcard(typeUrl, name);
    return found && this.#instead(typeUrl, name, found);
  }

  wildcardNames(typeUrl: string): Iterable<string> {
    return this.#shared.wildcardNames(typeUrl);
  }

  givenVersion(typeUrl: string): string | undefined {
    return this.#shared.givenVersion(typeUrl);
  }

  isUndecided(typeUrl: string, name: string): boolean {
    return this.#shared.isUndecided?.(typeUrl, name) === true;
  }

  hasType(typeUrl: string): boolean {
    return this.#shared.hasType(typeUrl);
  }
}

/** The cache below knows groups without numbers; it is asked once for all clients that are alike. */
function forClients(change: CacheChange): CacheChange {
  const { seenBy } = change;
  if (seenBy === undefined) return change;
  const seen = new Map<string, boolean>();
  return {
    ...change,
    seenBy: (group) => {
      const { group: shared } = splitGroup(group);
      let sees = seen.get(shared);
      if (sees === undefined) {
        sees = seenBy(shared);
        seen.set(shared, sees);
      }
      return sees;
    },
  };
}
