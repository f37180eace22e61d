import { hash } from 'node:crypto';

/** 128 bits of a hash, in four signed 32-bit lanes: numbers that V8 keeps without an object for each. */
export type Fingerprint = readonly [number, number, number, number];

/** Fingerprint of a resource among those of its type. */
export function fingerprintOf(name: string, version: string): Fingerprint {
  const bytes = hash('sha256', `${name}\0${version}`, 'buffer');
  return [bytes.readInt32LE(0), bytes.readInt32LE(4), bytes.readInt32LE(8), bytes.readInt32LE(12)];
}

/** Digest of some resources. */
export function digestOf(resources: Iterable<{ readonly fingerprint: Fingerprint }>): string {
  const digest = new SetDigest();
  for (const { fingerprint } of resources) digest.add(fingerprint);
  return digest.toString();
}

/** Hash of a message's bytes: the same on every replica and after a restart. */
export function contentHash(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64url').slice(0, 16);
}

/**
 * Digest of a set of resources. It does not depend on the order in which they came, and one that comes or goes costs the
 * same however many there are: the lanes are sums.
 */
export class SetDigest {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  add([a, b, c, d]: Fingerprint): void {
    this.#a = (this.#a + a) | 0;
    this.#b = (this.#b + b) | 0;
    this.#c = (this.#c + c) | 0;
    this.#d = (this.#d + d) | 0;
  }

  subtract([a, b, c, d]: Fingerprint): void {
    this.#a = (this.#a - a) | 0;
    this.#b = (this.#b - b) | 0;
    this.#c = (this.#c - c) | 0;
    this.#d = (this.#d - d) | 0;
  }

  /** Text that is as unique as the set. */
  toString(): string {
    return [this.#a, this.#b, this.#c, this.#d].map((lane) => (lane >>> 0).toString(36)).join('.');
  }
}
