import { SetDigest } from '../digest.ts';
import type { EncodedResource } from '../resource.ts';

/** What a client was last sent in one type on one stream. References only: the bytes are everybody's. */
export class HeldResources {
  readonly #byName = new Map<string, EncodedResource>();
  readonly #digest = new SetDigest();

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): EncodedResource | undefined {
    return this.#byName.get(name);
  }

  /** The resource, where it is one alone. */
  get only(): EncodedResource | undefined {
    return this.#byName.size === 1 ? this.#byName.values().next().value : undefined;
  }

  names(): Iterable<string> {
    return this.#byName.keys();
  }

  resources(): Iterable<EncodedResource> {
    return this.#byName.values();
  }

  set(resource: EncodedResource): void {
    const before = this.#byName.get(resource.name);
    if (before !== undefined) this.#digest.subtract(before.fingerprint);
    this.#digest.add(resource.fingerprint);
    this.#byName.set(resource.name, resource);
  }

  delete(name: string): void {
    const before = this.#byName.get(name);
    if (before === undefined) return;
    this.#digest.subtract(before.fingerprint);
    this.#byName.delete(name);
  }

  /** Text that is as unique as the names and versions held. */
  digest(): string {
    return this.#digest.toString();
  }

  /**
   * Version of the whole: that of the resource where there is only one, so that a version which a caller gave to it
   * appears unchanged; otherwise the digest.
   */
  version(): string {
    return this.only?.version ?? this.digest();
  }
}
