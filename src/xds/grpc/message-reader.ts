import { type Account, AccountedSize } from '../memory/account.ts';
import { GrpcError, grpcStatus } from './status.ts';

const prefixLength = 5;
const nothing = Buffer.alloc(0);

/** Takes messages, without their prefix. */
export interface MessageSink {
  /** Whether what follows has to wait. */
  readonly isFull?: boolean;
  message(bytes: Buffer): void;
}

/** Cuts a stream of bytes into gRPC messages (gRPC over HTTP2, Length-Prefixed-Message). */
export class MessageReader {
  readonly #maxBytes: number;
  /** The beginning of a message that has not ended, and room for more of it. */
  #buffer = nothing;
  #length = 0;
  readonly #size: AccountedSize;
  #closed = false;

  /**
   * @param maxBytes - a longer message is refused as soon as its length is known
   * @param account - what a message takes that has not ended is charged here
   */
  constructor(maxBytes: number, account: Account) {
    this.#maxBytes = maxBytes;
    this.#size = new AccountedSize(account);
  }

  /** Lets go of a message that will not end any more. */
  close(): void {
    this.#closed = true;
    this.#clear();
  }

  /** Whether a message has begun and not ended. */
  get isInsideMessage(): boolean {
    return this.#length > 0;
  }

  /**
   * Takes a chunk and passes on the messages that it completes, while the sink is not full: one at least.
   *
   * @returns whether there are more, which an empty chunk passes on
   * @throws GrpcError UNIMPLEMENTED for a compressed message, RESOURCE_EXHAUSTED for one that is too long
   */
  read(chunk: Buffer, sink: MessageSink): boolean {
    const data = this.#length === 0 ? chunk : this.#append(chunk);
    let at = 0;
    let isLeft = false;
    for (;;) {
      const end = this.#messageEnd(data, at);
      isLeft = end !== undefined && at > 0 && sink.isFull === true;
      if (end === undefined || isLeft) break;
      sink.message(data.subarray(at + prefixLength, end));
      at = end;
    }
    // Messages that were passed on may be kept, so what is left moves to a place of its own.
    if (at > 0 || data === chunk) this.#restart(data, at);
    return isLeft && !this.#closed;
  }

  #messageEnd(data: Buffer, at: number): number | undefined {
    if (data.length - at < prefixLength) return undefined;
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
    const end = at + prefixLength + length;
    return end <= data.length ? end : undefined;
  }

  #restart(data: Buffer, at: number): void {
    this.#clear();
    if (at < data.length && !this.#closed) this.#append(data.subarray(at));
  }

  #clear(): void {
    this.#buffer = nothing;
    this.#length = 0;
    this.#size.set(0);
  }

  /**
   * Grows by doubling, up to what the message takes: one that comes byte by byte costs no more than one that comes at once.
   */
  #append(chunk: Buffer): Buffer {
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length) {
      const begun = this.#length >= prefixLength ? this.#buffer : chunk;
      const whole = begun.length >= prefixLength ? prefixLength + begun.readUInt32BE(1) : prefixLength;
      const grown = Buffer.allocUnsafeSlow(Math.max(length, Math.min(this.#buffer.length * 2, whole)));
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
      this.#size.set(grown.length);
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
    return this.#buffer.subarray(0, length);
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
