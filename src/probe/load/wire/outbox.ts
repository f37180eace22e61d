import type { Template } from './request.ts';

/** The bytes below a connection: a socket, or a test. */
export interface Wire {
  /** Whether it sends what is written, rather than holding it in memory. */
  readonly takesMore: boolean;
  write(bytes: Buffer): void;
  /** Nothing will be written any more. */
  end(): void;
  destroy(): void;
}

const roomBytes = 64 * 1024;
const copiedBytes = 16 * 1024;

/** Gathers what is written in one turn of the event loop, so that all calls of a turn are one write. */
export class Outbox {
  readonly #wire: Wire;
  #bytes = Buffer.allocUnsafeSlow(roomBytes);
  #length = 0;
  #scheduled = false;
  #firstUnsentId: number | undefined;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** The first stream of which nothing has been given to the wire. */
  get firstUnsentId(): number {
    return this.#firstUnsentId ?? Number.POSITIVE_INFINITY;
  }

  get takesMore(): boolean {
    return this.#wire.takesMore;
  }

  /** The first bytes of a stream. */
  begin({ bytes, idsAt }: Template, streamId: number): void {
    if (bytes.length > roomBytes) {
      const copy = Buffer.from(bytes);
      for (const at of idsAt) copy.writeUInt32BE(streamId, at);
      this.write(copy);
      return;
    }
    const start = this.#copy(bytes);
    for (const at of idsAt) this.#bytes.writeUInt32BE(streamId, start + at);
    this.#firstUnsentId ??= streamId;
  }

  /** @param bytes - must not change afterwards */
  write(bytes: Buffer): void {
    if (bytes.length <= roomBytes) {
      this.#copy(bytes);
      return;
    }
    this.flush();
    this.#wire.write(bytes);
  }

  flush(): void {
    this.#firstUnsentId = undefined;
    if (this.#length === 0) return;
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    // The wire may keep the bytes for a while. To copy few costs less than new room for many, thousands of times a second.
    if (bytes.length <= copiedBytes) this.#wire.write(Buffer.from(bytes));
    else {
      this.#bytes = Buffer.allocUnsafeSlow(roomBytes);
      this.#wire.write(bytes);
    }
  }

  end(): void {
    this.flush();
    this.#wire.end();
  }

  /** @returns where they stand */
  #copy(bytes: Buffer): number {
    if (this.#length + bytes.length > roomBytes) this.flush();
    const at = this.#length;
    bytes.copy(this.#bytes, at);
    this.#length += bytes.length;
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
    return at;
  }
}
