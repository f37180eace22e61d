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

/** The assignment that a client is given by a plan; undefined: the one that all like it see. */
export type PlannedFor = (client: number, name: string) => EncodedResource | undefined;

/** A cache of which each client sees what all like it see, but for the assignments that a plan has for it alone. */
export class PlannedCache implements XdsCache {
  readonly #cache: SnapshotCache;
  readonly #plannedFor: PlannedFor;
  readonly #observers = new Set<CacheObserver>();

  constructor(cache: SnapshotCache, plannedFor: PlannedFor) {
    this.#cache = cache;
    this.#plannedFor = plannedFor;
  }

  view(group: string): ResourceView {
    const { group: shared, client } = splitGroup(group);
    const view = this.#cache.view(shared);
    if (client === undefined) return view;
    const planned = (typeUrl: string, name: string, found: EncodedResource | undefined) =>
      typeUrl === typeUrls.endpoint && found !== undefined ? (this.#plannedFor(client, name) ?? found) : found;
    return {
      ...view,
      group,
      get: (typeUrl, name) => planned(typeUrl, name, view.get(typeUrl, name)),
      getByWildcard: (typeUrl, name) => planned(typeUrl, name, view.getByWildcard(typeUrl, name)),
    };
  }

  observe(observer: CacheObserver): () => void {
    this.#observers.add(observer);
    const unobserve = this.#cache.observe((change) => observer(forClients(change)));
    return () => {
      this.#observers.delete(observer);
      unobserve();
    };
  }

  /** These clients are given another assignment of this name. */
  changed(name: string, clients: ReadonlySet<number>): void {
    if (clients.size === 0) return;
    const names = new Map([[typeUrls.endpoint as string, new Set([name])]]);
    const seenBy = (group: string): boolean => {
      const { client } = splitGroup(group);
      return client !== undefined && clients.has(client);
    };
    for (const observer of this.#observers) observer({ group: '', names, seenBy });
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
