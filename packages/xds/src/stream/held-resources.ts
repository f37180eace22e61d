import { digestOf, SetDigest } from '../digest.ts';
import type { EncodedResource } from '../resource.ts';

const nothing: readonly never[] = [];

/**
 * What a client was last sent in one type on one stream. References only: the bytes are everybody's. Mostly it is one
 * resource, which takes no map.
 */
export class HeldResources {
  #one: EncodedResource | undefined;
  /** All of them, where they have been more than one. */
  #more: { readonly byName: Map<string, EncodedResource>; readonly digest: SetDigest } | undefined;

  get size(): number {
    return this.#more?.byName.size ?? (this.#one === undefined ? 0 : 1);
  }

  get(name: string): EncodedResource | undefined {
    if (this.#more !== undefined) return this.#more.byName.get(name);
    return this.#one?.name === name ? this.#one : undefined;
  }

  /** The resource, where it is one alone. */
  get only(): EncodedResource | undefined {
    if (this.#more === undefined) return this.#one;
    return this.#more.byName.size === 1 ? this.#more.byName.values().next().value : undefined;
  }

  names(): Iterable<string> {
    return this.#more?.byName.keys() ?? (this.#one === undefined ? nothing : [this.#one.name]);
  }

  resources(): Iterable<EncodedResource> {
    return this.#more?.byName.values() ?? (this.#one === undefined ? nothing : [this.#one]);
  }

  set(resource: EncodedResource): void {
    if (this.#more === undefined) {
      if (this.#one === undefined || this.#one.name === resource.name) {
        this.#one = resource;
        return;
      }
      this.#more = { byName: new Map([[this.#one.name, this.#one]]), digest: new SetDigest() };
      this.#more.digest.add(this.#one.fingerprint);
      this.#one = undefined;
    }
    const { byName, digest } = this.#more;
    const before = byName.get(resource.name);
    if (before !== undefined) digest.subtract(before.fingerprint);
    digest.add(resource.fingerprint);
    byName.set(resource.name, resource);
  }

  delete(name: string): void {
    if (this.#more === undefined) {
      if (this.#one?.name === name) this.#one = undefined;
      return;
    }
    const { byName, digest } = this.#more;
    const before = byName.get(name);
    if (before === undefined) return;
    digest.subtract(before.fingerprint);
    byName.delete(name);
    if (byName.size === 0) this.#more = undefined;
  }

  /** Text that is as unique as the names and versions held. */
  digest(): string {
    return this.#more?.digest.toString() ?? digestOf(this.resources());
  }

  /**
   * Version of the whole: that of the resource where there is only one, so that a version which a caller gave to it
   * appears unchanged; otherwise the digest.
   */
  version(): string {
    return this.only?.version ?? this.digest();
  }
}
