import type { Account } from '../memory/account.ts';
import { blockBytes } from '../memory/block-pool.ts';

/** Bytes before a message: whether it is compressed, and its length (gRPC over HTTP2, Length-Prefixed-Message). */
export const prefixLength = 5;

const nothing = Buffer.alloc(0);
/** A message of no more than this lies in no block. */
const tinyBytes = 1024;

/**
 * A message that has begun and not ended, with its prefix. What is tiny grows by doubling: a message that comes byte by byte
 * costs no more than one that comes at once. What is more lies in blocks that are used again: a small one, then large ones.
 */
export class PartialMessage {
  readonly #account: Account;
  readonly #wholeOf: (prefix: Buffer) => number;
  #whole = prefixLength;
  #length = 0;
  #tiny = nothing;
  #blocks: Buffer[] = [];

  /**
   * @param account - where the bytes are charged
   * @param wholeOf - the length of a message with this prefix, the prefix included; what it throws, `add` throws
   */
  constructor(account: Account, wholeOf: (prefix: Buffer) => number) {
    this.#account = account;
    this.#wholeOf = wholeOf;
  }

  /** Whether all of it is there. */
  get isComplete(): boolean {
    return this.#length >= prefixLength && this.#length === this.#whole;
  }

  /** Takes what is missing; returns how many bytes that was. */
  add(chunk: Buffer): number {
    let at = 0;
    if (this.#length < prefixLength) {
      at = this.#store(chunk.subarray(0, prefixLength - this.#length));
      if (this.#length < prefixLength) return at;
      this.#whole = this.#wholeOf(this.#tiny);
    }
    return at + this.#store(chunk.subarray(at, at + this.#whole - this.#length));
  }

  /** The message without its prefix. Nothing is left of it here. */
  take(): Buffer {
    const message =
      this.#blocks.length === 0
        ? this.#tiny.subarray(prefixLength, this.#whole)
        : Buffer.concat(this.#blocks, this.#whole).subarray(prefixLength);
    this.clear();
    return message;
  }

  /** It will not end any more. */
  clear(): void {
    this.#account.release(this.#tiny.length);
    for (const block of this.#blocks) this.#account.giveBack(block);
    this.#tiny = nothing;
    this.#blocks = [];
    this.#length = 0;
    this.#whole = prefixLength;
  }

  #store(bytes: Buffer): number {
    if (this.#length + bytes.length > tinyBytes) this.#storeInBlocks(bytes);
    else {
      this.#growTo(this.#length + bytes.length);
      this.#tiny.set(bytes, this.#length);
      this.#length += bytes.length;
    }
    return bytes.length;
  }

  #growTo(length: number): void {
    if (length <= this.#tiny.length) return;
    const size = Math.max(length, Math.min(this.#tiny.length * 2, this.#whole, tinyBytes));
    const grown = Buffer.allocUnsafeSlow(size);
    grown.set(this.#tiny.subarray(0, this.#length));
    this.#account.charge(size - this.#tiny.length);
    this.#tiny = grown;
  }

  #storeInBlocks(bytes: Buffer): void {
    if (this.#blocks.length === 0) {
      const first = this.#account.takeBlock('small');
      first.set(this.#tiny.subarray(0, this.#length));
      this.#account.release(this.#tiny.length);
      this.#tiny = nothing;
      this.#blocks.push(first);
    }
    for (let at = 0; at < bytes.length; ) {
      if (this.#length === this.#room) this.#blocks.push(this.#account.takeBlock('large'));
      const block = this.#blocks.at(-1)!;
      const offset = block.length - (this.#room - this.#length);
      const length = Math.min(block.length - offset, bytes.length - at);
      block.set(bytes.subarray(at, at + length), offset);
      at += length;
      this.#length += length;
    }
  }

  /** Bytes that the blocks hold. */
  get #room(): number {
    return blockBytes.small + (this.#blocks.length - 1) * blockBytes.large;
  }
}
