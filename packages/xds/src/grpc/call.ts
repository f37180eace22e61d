import { MessageReader, type MessageSink } from './message-reader.ts';
import { asGrpcError, encodeGrpcMessage, type GrpcStatusCode, grpcStatus } from './status.ts';
import type { GrpcConnection, GrpcStream, Peer, RequestHeaders, ResponseHeaders, StreamListener } from './transport.ts';

/** What a method does with a call. Each is called in order and never after `closed`. */
export interface CallHandler {
  /** A message has arrived. What it throws ends the call: a GrpcError with its status, anything else with INTERNAL. */
  message(bytes: Buffer): void;
  /** Whether the last message is not dealt with yet: what follows it waits, and `goOn` is called in one of the next turns. */
  readonly isBusy?: boolean;
  /** Deals with more of it. What it throws ends the call. */
  goOn?(): void;
  /** The client will send no more. */
  halfClosed(): void;
  /** The socket takes more again, after `isWritable` was false. */
  writable?(): void;
  /** The connection has to go: a call that would not end by itself should end. What is left is cut after the grace time. */
  dismiss?(): void;
  /** The call is over, whoever ended it. */
  closed(status: CallStatus): void;
}

/** How a call ended, as the server sees it. */
export interface CallStatus {
  /** CANCELLED where the client or the connection ended the call. */
  readonly code: GrpcStatusCode;
  readonly message: string;
}

const brokenOff: CallStatus = { code: grpcStatus.cancelled, message: 'the client or the connection ended the call' };

export const responseHeaders: ResponseHeaders = {
  ':status': '200',
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity',
};

const nothing = Buffer.alloc(0);

/** The server's side of one gRPC call. */
export class ServerCall implements StreamListener, MessageSink {
  readonly #stream: GrpcStream;
  readonly #reader: MessageReader;
  #handler: CallHandler | undefined;
  #deadline: NodeJS.Timeout | undefined;
  readonly #released: (call: ServerCall) => void;
  #status: CallStatus | undefined;
  /** Whether messages that have come wait for the next turn. */
  #deferred = false;
  /** Whether the client had ended its side by then. */
  #endsLater = false;

  /** @param released - called when the call is over, after the handler */
  constructor(stream: GrpcStream, maxMessageBytes: number, released: (call: ServerCall) => void = () => {}) {
    this.#stream = stream;
    this.#released = released;
    this.#reader = new MessageReader(maxMessageBytes, stream.connection.account);
  }

  /** Messages from now on are no longer than this, either: a longer one ends the call with RESOURCE_EXHAUSTED as soon as its length is known. */
  limitMessages(maxBytes: number): void {
    this.#reader.limit(maxBytes);
  }

  /** `/package.Service/Method`. */
  get path(): string {
    return this.headers[':path'] ?? '';
  }

  /** What the client sent before its messages. */
  get headers(): RequestHeaders {
    return this.#stream.headers;
  }

  /** The connection that it came by. */
  get connection(): GrpcConnection {
    return this.#stream.connection;
  }

  /** The client: its address, and its certificate where it has shown one. */
  get peer(): Peer {
    return this.connection.peer;
  }

  /** Answers the headers and begins to read. To be called once, in the tick in which the call came. */
  accept(handler: CallHandler, deadlineMs: number | undefined): void {
    this.#handler = handler;
    this.#stream.accept(responseHeaders, this);
    if (deadlineMs !== undefined) {
      this.#deadline = setTimeout(() => this.end(grpcStatus.deadlineExceeded, 'deadline exceeded'), deadlineMs).unref();
    }
  }

  /** Whether the socket takes more without holding it in memory. */
  get isWritable(): boolean {
    return this.#status === undefined && this.#stream.isWritable;
  }

  /** Whether it has not ended yet. */
  get isOpen(): boolean {
    return this.#status === undefined && this.#stream.isOpen;
  }

  /** Writes a message that has its prefix already. The buffer may be shared and has to stay as it is. */
  write(frame: Uint8Array): void {
    if (this.isOpen) this.#stream.write(frame);
  }

  /** Asks the handler to come to an end. */
  dismiss(): void {
    this.#guard(() => this.#handler?.dismiss?.());
  }

  /** Ends the call with a status, after what was written before. */
  end(code: GrpcStatusCode, message = ''): void {
    if (!this.isOpen) return;
    // First, since the stream may be over, and say so, as soon as it has its trailers.
    this.#close({ code, message });
    this.#stream.end({ 'grpc-status': String(code), ...(message && { 'grpc-message': encodeGrpcMessage(message) }) });
  }

  /** Ends the call as what a handler threw says: a GrpcError with its status, anything else with INTERNAL. */
  fail(thrown: unknown): void {
    const { code, message } = asGrpcError(thrown, this.path);
    this.end(code, message);
  }

  /** Of the stream. */
  data(chunk: Buffer): void {
    if (!this.isOpen) return;
    try {
      const wasDeferred = this.#deferred;
      if (chunk === nothing) this.#handler?.goOn?.();
      this.#deferred = this.#reader.read(chunk, this) || this.isBusy;
      if (this.#deferred) {
        if (!wasDeferred || chunk === nothing) this.connection.defer(() => this.data(nothing));
      } else if (this.#endsLater) this.ended();
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** Of the reader. */
  get isFull(): boolean {
    return this.isBusy || this.connection.isFull;
  }

  /** Of the reader. */
  get isBusy(): boolean {
    return this.#handler?.isBusy ?? false;
  }

  /** Of the reader. */
  message(bytes: Buffer): void {
    if (this.isOpen) this.#handler?.message(bytes);
  }

  /** Of the stream. */
  ended(): void {
    if (!this.isOpen) return;
    if (this.#deferred) this.#endsLater = true;
    else if (this.#reader.isInsideMessage) this.end(grpcStatus.invalidArgument, 'the stream ended inside a message');
    else this.#guard(() => this.#handler?.halfClosed());
  }

  /** Of the stream. */
  writable(): void {
    if (this.isOpen) this.#guard(() => this.#handler?.writable?.());
  }

  /** Of the stream. */
  closed(): void {
    this.#close(brokenOff);
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** The call is over as soon as its status is decided, however long the last bytes take. */
  #close(status: CallStatus): void {
    if (this.#status !== undefined) return;
    this.#status = status;
    clearTimeout(this.#deadline);
    this.#reader.close();
    this.#handler?.closed(status);
    this.#released(this);
  }
}
