import { gunzipSync, inflateSync } from 'node:zlib';

/** More of one message than this is refused, as gRPC clients do where nothing else is said. */
export const maxMessageBytes = 4 * 1024 * 1024;

const prefixLength = 5;
const nothing = Buffer.alloc(0);

/** Counts the messages of an answer and keeps the first, where that is wanted (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export class MessageReader {
  /** Messages that came whole. */
  count = 0;
  readonly #keepFirst: boolean;
  /** Bytes of the prefix and of the message that are in {@link #kept} or passed over. */
  #prefix: Buffer = nothing;
  #missing = 0;
  #kept: Buffer[] | undefined;
  #first: Buffer | undefined;
  #firstIsCompressed = false;

  constructor(keepFirst: boolean) {
    this.#keepFirst = keepFirst;
  }

  /** @returns what is wrong with it: `size` of a message that is too large, `compressed` where `encoding` allows no compression */
  read(data: Buffer, encoding: string | undefined): 'size' | 'compressed' | undefined {
    let at = 0;
    while (at < data.length) {
      if (this.#missing > 0) {
        at = this.#take(data, at);
        continue;
      }
      if (this.#prefix.length === 0 && data.length - at >= prefixLength) {
        const problem = this.#begin(data[at]!, data.readUInt32BE(at + 1), encoding);
        if (problem !== undefined) return problem;
        at += prefixLength;
        continue;
      }
      const part = data.subarray(at, at + prefixLength - this.#prefix.length);
      this.#prefix = Buffer.concat([this.#prefix, part]);
      at += part.length;
      if (this.#prefix.length < prefixLength) continue;
      const prefix = this.#prefix;
      this.#prefix = nothing;
      const problem = this.#begin(prefix[0]!, prefix.readUInt32BE(1), encoding);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** Whether it ended inside of a message. */
  get isCutOff(): boolean {
    return this.#missing > 0 || this.#prefix.length > 0;
  }

  /** The first message; undefined where there is none, or it cannot be decompressed. */
  first(encoding: string | undefined): Buffer | undefined {
    if (this.#first === undefined || !this.#firstIsCompressed) return this.#first;
    const inflate = encoding === 'gzip' ? gunzipSync : encoding === 'deflate' ? inflateSync : undefined;
    try {
      return inflate?.(this.#first, { maxOutputLength: maxMessageBytes });
    } catch {
      return undefined;
    }
  }

  #begin(flag: number, length: number, encoding: string | undefined): 'size' | 'compressed' | undefined {
    if (length > maxMessageBytes) return 'size';
    if (flag !== 0 && (encoding === undefined || encoding === 'identity')) return 'compressed';
    if (this.count === 0) this.#firstIsCompressed = flag !== 0;
    this.#missing = length;
    if (length === 0) this.#end();
    return undefined;
  }

  #take(data: Buffer, at: number): number {
    const end = Math.min(data.length, at + this.#missing);
    // What was read is only valid during the call.
    if (this.#keepFirst && this.count === 0) {
      this.#kept ??= [];
      this.#kept.push(Buffer.from(data.subarray(at, end)));
    }
    this.#missing -= end - at;
    if (this.#missing === 0) this.#end();
    return end;
  }

  #end(): void {
    if (this.count === 0 && this.#keepFirst) this.#first = Buffer.concat(this.#kept ?? []);
    this.#kept = undefined;
    this.count += 1;
  }
}
