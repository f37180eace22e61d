import type { EncodedResource } from '../resource.ts';
import { findInconsistencies, type Inconsistency } from './consistency.ts';
import { type ChangedNames, Layer, type ResourceKey } from './layer.ts';
import { type LayeredCache, LayeredView } from './layered-view.ts';
import type { ResourceView } from './view.ts';
import type { CacheObserver, XdsCache } from './xds-cache.ts';

/** Options of a {@link SnapshotCache}. */
export interface SnapshotCacheOptions {
  /**
   * Whether a wildcard subscription of a group includes the shared layer (`all`, the default) or only the group's own:
   * an Envoy, which always subscribes by wildcard, should not be given the listeners that gRPC clients ask for by name.
   */
  readonly wildcard?: ((group: string, typeUrl: string) => 'all' | 'own') | undefined;
  /**
   * Layers that a group sees over the shared one, by the groups that they belong to: where several have a resource of the
   * same type and name, the first wins. Has to give the same answer for the same group. Default: its own only.
   */
  readonly layers?: ((group: string) => readonly string[]) | undefined;
  /**
   * Whether the caller does not know yet if a group has a resource (`*`: or one that its wildcard includes). A client that comes
   * back keeps what it has of it: state of the world sends no listeners and clusters meanwhile, delta no removal. Asked for
   * such clients only; when the answer changes, call `AdsServer.resume`. Default: everything is known.
   */
  readonly undecided?: ((group: string, typeUrl: string, name: string) => boolean) | undefined;
}

/** Which layer changes, and what the change is called. */
export interface LayerOptions {
  /** Whose layer; undefined: the shared one. */
  readonly group?: string | undefined;
  /**
   * Appears unchanged as `version_info` and `system_version_info` of all types that the change touches, until they change
   * again. Default: a hash of what the client gets.
   */
  readonly version?: string | undefined;
}

/** Many changes of one layer that are made at once; what is removed and set is set. */
export interface CacheUpdate extends LayerOptions {
  readonly set?: Iterable<EncodedResource> | undefined;
  readonly remove?: Iterable<ResourceKey> | undefined;
}

/** Everything that a layer is to hold. */
export interface Snapshot extends LayerOptions {
  readonly resources: Iterable<EncodedResource>;
  /** Versions by type URL, where they differ; they take precedence over `version`. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
}

/**
 * Encoded resources in layers: one that all nodes share, and one for each group of nodes. A group sees its own layer, or
 * those of {@link SnapshotCacheOptions.layers}, over the shared one; of the same type and name the first wins.
 *
 * Every call is one change: streams see all of it or nothing.
 */
export class SnapshotCache implements XdsCache {
  readonly #shared = new Layer();
  readonly #groups = new Map<string, Layer>();
  readonly #observers = new Set<CacheObserver>();
  readonly #layers: ((group: string) => readonly string[]) | undefined;
  /** What all views of it share. */
  readonly #read: LayeredCache;

  constructor({ wildcard, layers, undecided }: SnapshotCacheOptions = {}) {
    this.#layers = layers;
    this.#read = {
      shared: this.#shared,
      groups: this.#groups,
      includesShared: (group, typeUrl) => wildcard?.(group, typeUrl) !== 'own',
      isUndecided: (group, typeUrl, name) => undecided?.(group, typeUrl, name) === true,
    };
  }

  /** Sets and removes resources of one layer. What is there already, same version and content, does not change. */
  update({ group, set = [], remove = [], version }: CacheUpdate): void {
    const layer = this.#layerForWriting(group);
    const changed: ChangedNames = new Map();
    for (const key of remove) layer.remove(key, changed);
    for (const resource of set) layer.set(resource, changed);
    for (const typeUrl of changed.keys()) layer.setVersion(typeUrl, version);
    this.#changed(group, changed);
  }

  /** Sets one resource. */
  set(resource: EncodedResource, options: LayerOptions = {}): void {
    this.update({ ...options, set: [resource] });
  }

  /** Removes one resource; that it is not there is no error. */
  remove(typeUrl: string, name: string, options: LayerOptions = {}): void {
    this.update({ ...options, remove: [{ typeUrl, name }] });
  }

  /** Replaces a layer as a whole; clients are sent the differences only. */
  setSnapshot({ group, resources, version, versions = {} }: Snapshot): void {
    const layer = this.#layerForWriting(group);
    const wanted = new Map<string, EncodedResource>();
    for (const resource of resources) wanted.set(`${resource.typeUrl}\n${resource.name}`, resource);
    const changed: ChangedNames = new Map();
    for (const key of keysOf(layer)) if (!wanted.has(`${key.typeUrl}\n${key.name}`)) layer.remove(key, changed);
    const types = new Set<string>(changed.keys());
    for (const resource of wanted.values()) {
      layer.set(resource, changed);
      types.add(resource.typeUrl);
    }
    for (const typeUrl of types) layer.setVersion(typeUrl, versions[typeUrl] ?? version);
    this.#changed(group, changed);
  }

  /** Empties a group's layer, or the shared one. */
  clear(group?: string): void {
    this.setSnapshot({ group, resources: [] });
  }

  /** The resource as a group sees it; without a group: that of the shared layer. */
  get(typeUrl: string, name: string, group?: string): EncodedResource | undefined {
    if (group === undefined) return this.#shared.get(typeUrl, name);
    return this.view(group).get(typeUrl, name);
  }

  /** Everything that a group sees, or everything in the shared layer; of one type where one is given. */
  *resources(group?: string, typeUrl?: string): Generator<EncodedResource> {
    const layers = [...this.#own(group), this.#shared];
    const types = typeUrl === undefined ? new Set(layers.flatMap((layer) => [...layer.typeUrls()])) : [typeUrl];
    for (const type of types) {
      for (const [index, layer] of layers.entries()) {
        const above = layers.slice(0, index);
        for (const resource of layer.resources(type)) {
          if (above.every((other) => other.get(type, resource.name) === undefined)) yield resource;
        }
      }
    }
  }

  /** Groups that have a layer of their own. */
  groups(): string[] {
    return [...this.#groups.keys()];
  }

  /** References that lead nowhere, in what a group sees: listener to route or cluster, route to cluster, cluster to endpoints. */
  inconsistencies(group?: string): Inconsistency[] {
    return findInconsistencies(this.resources(group), (typeUrl, name) => this.get(typeUrl, name, group) !== undefined);
  }

  /** Whether every reference leads somewhere. */
  consistent(group?: string): boolean {
    return this.inconsistencies(group).length === 0;
  }

  /** Calls `observer` after every change, in the same tick; returns what ends it. */
  observe(observer: CacheObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** What a group sees, always the newest. */
  view(group: string): ResourceView {
    return new LayeredView(group, this.#layersOf(group), this.#read);
  }

  /** Whether a group sees the layer of another one, or its own. */
  sees(group: string, layer: string): boolean {
    return this.#layersOf(group).includes(layer);
  }

  #layersOf(group: string | undefined): readonly string[] {
    return group === undefined ? [] : (this.#layers?.(group) ?? [group]);
  }

  /** The layers of a group that there are, without the shared one. */
  #own(group: string | undefined): Layer[] {
    return this.#layersOf(group).flatMap((layer) => this.#groups.get(layer) ?? []);
  }

  #layerForWriting(group: string | undefined): Layer {
    if (group === undefined) return this.#shared;
    let layer = this.#groups.get(group);
    if (layer === undefined) {
      layer = new Layer();
      this.#groups.set(group, layer);
    }
    return layer;
  }

  #changed(group: string | undefined, names: ChangedNames): void {
    if (group !== undefined && this.#groups.get(group)?.isEmpty) this.#groups.delete(group);
    if (names.size === 0) return;
    const seenBy = group === undefined ? undefined : (other: string) => this.sees(other, group);
    for (const observer of this.#observers) observer({ group, names, seenBy });
  }
}

function* keysOf(layer: Layer): Generator<ResourceKey> {
  for (const typeUrl of [...layer.typeUrls()]) for (const name of [...layer.names(typeUrl)]) yield { typeUrl, name };
}
