import type { EncodedResource } from '../resource.ts';
import type { Layer } from './layer.ts';
import type { ResourceView } from './view.ts';

/** What a view reads of its cache. */
export interface LayeredCache {
  readonly shared: Layer;
  readonly groups: ReadonlyMap<string, Layer>;
  /** Whether a wildcard of a group includes the shared layer. */
  includesShared(group: string, typeUrl: string): boolean;
  isUndecided(group: string, typeUrl: string, name: string): boolean;
}

/** Layers as one group sees them: the first that has a resource wins, the shared one is the last. */
export class LayeredView implements ResourceView {
  readonly group: string;
  readonly #cache: LayeredCache;
  readonly #layers: readonly string[];

  /** @param layers - names of those over the shared one, whether they are there or not */
  constructor(group: string, layers: readonly string[], cache: LayeredCache) {
    this.group = group;
    this.#layers = layers;
    this.#cache = cache;
  }

  get(typeUrl: string, name: string): EncodedResource | undefined {
    return this.#find(typeUrl, name) ?? this.#cache.shared.get(typeUrl, name);
  }

  getByWildcard(typeUrl: string, name: string): EncodedResource | undefined {
    const found = this.#find(typeUrl, name);
    if (found !== undefined || !this.#cache.includesShared(this.group, typeUrl)) return found;
    return this.#cache.shared.get(typeUrl, name);
  }

  wildcardNames(typeUrl: string): Set<string> {
    const names = new Set<string>();
    for (const layer of this.#own()) for (const name of layer.names(typeUrl)) names.add(name);
    if (!this.#cache.includesShared(this.group, typeUrl)) return names;
    for (const name of this.#cache.shared.names(typeUrl)) names.add(name);
    return names;
  }

  /** Asked for every response, so that it makes no list. */
  givenVersion(typeUrl: string): string | undefined {
    for (const name of this.#layers) {
      const layer = this.#cache.groups.get(name);
      const version = layer?.givenVersion(typeUrl);
      if (version !== undefined || layer?.hasType(typeUrl) === true) return version;
    }
    return this.#cache.shared.givenVersion(typeUrl);
  }

  isUndecided(typeUrl: string, name: string): boolean {
    return this.#cache.isUndecided(this.group, typeUrl, name);
  }

  hasType(typeUrl: string): boolean {
    return this.#cache.shared.hasType(typeUrl) || this.#own().some((layer) => layer.hasType(typeUrl));
  }

  /** The layers that there are, without the shared one. */
  #own(): Layer[] {
    return this.#layers.flatMap((name) => this.#cache.groups.get(name) ?? []);
  }

  #find(typeUrl: string, name: string): EncodedResource | undefined {
    for (const layer of this.#layers) {
      const found = this.#cache.groups.get(layer)?.get(typeUrl, name);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
