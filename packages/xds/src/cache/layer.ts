import { type EncodedResource, sameResource } from '../resource.ts';

/** A resource by type and name. */
export interface ResourceKey {
  readonly typeUrl: string;
  readonly name: string;
}

/** Names that have changed, come or gone, by type. */
export type ChangedNames = Map<string, Set<string>>;

/** Resources by type and name, and the versions that the caller gave to types. */
export class Layer {
  readonly #types = new Map<string, Map<string, EncodedResource>>();
  readonly #versions = new Map<string, string>();

  /** Whether there is neither a resource nor a version. */
  get isEmpty(): boolean {
    return this.#types.size === 0 && this.#versions.size === 0;
  }

  get(typeUrl: string, name: string): EncodedResource | undefined {
    return this.#types.get(typeUrl)?.get(name);
  }

  typeUrls(): Iterable<string> {
    return this.#types.keys();
  }

  resources(typeUrl: string): Iterable<EncodedResource> {
    return this.#types.get(typeUrl)?.values() ?? [];
  }

  names(typeUrl: string): Iterable<string> {
    return this.#types.get(typeUrl)?.keys() ?? [];
  }

  hasType(typeUrl: string): boolean {
    return this.#types.has(typeUrl);
  }

  givenVersion(typeUrl: string): string | undefined {
    return this.#versions.get(typeUrl);
  }

  /** The version holds until the next change of the type, which brings its own or none. */
  setVersion(typeUrl: string, version: string | undefined): void {
    if (version === undefined) this.#versions.delete(typeUrl);
    else this.#versions.set(typeUrl, version);
  }

  set(resource: EncodedResource, changed: ChangedNames): void {
    let names = this.#types.get(resource.typeUrl);
    if (names === undefined) {
      names = new Map();
      this.#types.set(resource.typeUrl, names);
    }
    if (sameResource(names.get(resource.name), resource)) return;
    names.set(resource.name, resource);
    note(changed, resource);
  }

  remove(key: ResourceKey, changed: ChangedNames): void {
    const names = this.#types.get(key.typeUrl);
    if (!names?.delete(key.name)) return;
    if (names.size === 0) this.#types.delete(key.typeUrl);
    note(changed, key);
  }
}

function note(changed: ChangedNames, { typeUrl, name }: ResourceKey): void {
  const names = changed.get(typeUrl);
  if (names === undefined) changed.set(typeUrl, new Set([name]));
  else names.add(name);
}
