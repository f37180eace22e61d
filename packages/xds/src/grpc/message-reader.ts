import type { Account } from '../memory/account.ts';
import { PartialMessage, prefixLength } from './partial-message.ts';
import { GrpcError, grpcStatus } from './status.ts';

/** Takes messages, without their prefix. */
export interface MessageSink {
  /** Whether what follows has to wait. */
  readonly isFull?: boolean;
  /** Whether even the next message has to, as the last one is not dealt with yet. */
  readonly isBusy?: boolean;
  message(bytes: Buffer): void;
}

/** Cuts a stream of bytes into gRPC messages (gRPC over HTTP2, Length-Prefixed-Message). */
export class MessageReader {
  #maxBytes: number;
  readonly #account: Account;
  /** The beginning of a message that has not ended. */
  #partial: PartialMessage | undefined;
  /** What came while the sink was full, in copies. */
  #waiting: Buffer[] = [];
  #closed = false;

  /**
   * @param maxBytes - a longer message is refused as soon as its length is known
   * @param account - what a message takes that has not ended is charged here
   */
  constructor(maxBytes: number, account: Account) {
    this.#maxBytes = maxBytes;
    this.#account = account;
  }

  /** Messages from now on are no longer than this, either. */
  limit(maxBytes: number): void {
    this.#maxBytes = Math.min(this.#maxBytes, maxBytes);
  }

  /** Lets go of a message that will not end any more. */
  close(): void {
    this.#closed = true;
    this.#partial?.clear();
    this.#partial = undefined;
    for (const bytes of this.#waiting.splice(0)) this.#account.release(bytes.length);
  }

  /** Whether a message has begun and not ended. */
  get isInsideMessage(): boolean {
    return this.#partial !== undefined;
  }

  /**
   * Takes a chunk and passes on the messages that it completes, while the sink is not full: one at least, unless it is busy.
   *
   * @returns whether there is more, which an empty chunk passes on
   * @throws GrpcError UNIMPLEMENTED for a compressed message, RESOURCE_EXHAUSTED for one that is too long
   */
  read(chunk: Buffer, sink: MessageSink): boolean {
    if (sink.isBusy === true) this.#keep(chunk);
    else if (this.#waiting.length === 0) {
      const taken = this.#pass(chunk, sink);
      if (taken < chunk.length) this.#keep(chunk.subarray(taken));
    } else {
      this.#keep(chunk);
      this.#passWaiting(sink);
    }
    return this.#waiting.length > 0;
  }

  #passWaiting(sink: MessageSink): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const taken = this.#pass(first, sink);
      if (this.#closed) return;
      this.#account.release(taken);
      this.#waiting[0] = first.subarray(taken);
      if (taken < first.length) return;
      this.#waiting.shift();
      if (sink.isFull === true) return;
    }
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0 || this.#closed) return;
    this.#account.charge(bytes.length);
    this.#waiting.push(Buffer.from(bytes));
  }

  /** @returns how many bytes were taken: all, unless the sink is full */
  #pass(data: Buffer, sink: MessageSink): number {
    let at = 0;
    while (at < data.length && !this.#closed) {
      const end = this.#partial === undefined ? this.#messageEnd(data, at) : undefined;
      if (end !== undefined) {
        sink.message(data.subarray(at + prefixLength, end));
        at = end;
      } else {
        at += this.#addToPartial(data.subarray(at));
        if (this.#partial?.isComplete !== true) continue;
        const message = this.#partial.take();
        this.#partial = undefined;
        sink.message(message);
      }
      if (at < data.length && sink.isFull === true) return at;
    }
    return at;
  }

  #addToPartial(bytes: Buffer): number {
    this.#partial ??= new PartialMessage(this.#account, (prefix) => this.#lengthAt(prefix, 0));
    return this.#partial.add(bytes);
  }

  /** Where a message ends that begins here, if all of it is there. */
  #messageEnd(data: Buffer, at: number): number | undefined {
    if (data.length - at < prefixLength) return undefined;
    const end = at + this.#lengthAt(data, at);
    return end <= data.length ? end : undefined;
  }

  /** With its prefix. */
  #lengthAt(data: Buffer, at: number): number {
    if (data[at] !== 0) {
      throw new GrpcError(
        grpcStatus.unimplemented,
        'compressed messages are not supported, only grpc-encoding identity',
      );
    }
    const length = data.readUInt32BE(at + 1);
    if (length > this.#maxBytes) {
      throw new GrpcError(grpcStatus.resourceExhausted, `a message of ${length} bytes; the limit is ${this.#maxBytes}`);
    }
    return prefixLength + length;
  }
}

/** Puts the prefix before a message. */
export function frameMessage(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(prefixLength + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, prefixLength);
  return frame;
}
