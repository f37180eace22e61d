import { largestStreamId } from '@evenkeel/xds/http2';
import type { WireCall } from './call.ts';
import { WireStream } from './stream.ts';

/** The streams of one connection. A client's ids are odd, go up and are never used again (RFC 9113, 5.1.1). */
export class OpenStreams {
  readonly #streams = new Map<number, WireStream>();
  #nextId = 1;

  get size(): number {
    return this.#streams.size;
  }

  /** No stream can be begun on this connection any more. */
  get areUsedUp(): boolean {
    return this.#nextId > largestStreamId;
  }

  begin(call: WireCall): WireStream {
    const stream = new WireStream(this.#nextId, call);
    this.#nextId += 2;
    this.#streams.set(stream.id, stream);
    return stream;
  }

  /** Undefined: it is over, or never was. */
  get(id: number): WireStream | undefined {
    return this.#streams.get(id);
  }

  delete(id: number): void {
    this.#streams.delete(id);
  }

  wasBegun(id: number): boolean {
    return id % 2 === 1 && id < this.#nextId;
  }

  /** Whether one is open whose id is no greater. */
  hasUpTo(id: number): boolean {
    // The oldest is the first.
    const [oldest] = this.#streams.keys();
    return oldest !== undefined && oldest <= id;
  }

  /** Those with a greater id, as they are now. */
  above(id: number): WireStream[] {
    return [...this.#streams.values()].filter((stream) => stream.id > id);
  }
}
