import type { ResourceView } from './view.ts';

/** Which resources changed, and for whom. */
export interface CacheChange {
  /** The group whose own resources changed; undefined: what concerns every group. */
  readonly group: string | undefined;
  /** Names that have changed, come or gone, by type URL. */
  readonly names: ReadonlyMap<string, ReadonlySet<string>>;
  /** Whether another group sees the change as well. Default: `group` alone, or every one where that is undefined. */
  readonly seenBy?: ((group: string) => boolean) | undefined;
}

/** Told of every change, in the same tick. */
export type CacheObserver = (change: CacheChange) => void;

/**
 * What a server asks of a cache: {@link SnapshotCache} is one, and whoever keeps his resources elsewhere (in a database, in a
 * layout of his own) can write another.
 */
export interface XdsCache {
  /** What a group of nodes sees, always the newest: asked for once a stream, and looked at whenever something is sent. */
  view(group: string): ResourceView;
  /** Calls `observer` after every change, in the same tick; returns what ends it. */
  observe(observer: CacheObserver): () => void;
}
