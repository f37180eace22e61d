import { constants, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { messageOf } from '../../base/errors.ts';
import { MessageReader } from './message-reader.ts';
import { encodeGrpcMessage, GrpcError, type GrpcStatusCode, grpcStatus } from './status.ts';

/** What a method does with a call. Each is called in order and never after `closed`. */
export interface CallHandler {
  /** A message has arrived. What it throws ends the call: a GrpcError with its status, anything else with INTERNAL. */
  message(bytes: Buffer): void;
  /** The client will send no more. */
  halfClosed(): void;
  /** The socket takes more again, after `write` returned false. */
  writable?(): void;
  /** The call is over, whoever ended it. */
  closed(status: CallStatus): void;
}

export interface CallStatus {
  /** CANCELLED where the client or the connection ended the call. */
  readonly code: GrpcStatusCode;
  readonly message: string;
}

export const responseHeaders = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity',
} as const;

/** The server's side of one gRPC call on an HTTP/2 stream. */
export class ServerCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Address and port of the client. */
  readonly peer: string;
  readonly #stream: ServerHttp2Stream;
  readonly #reader: MessageReader;
  #handler: CallHandler | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #status: CallStatus | undefined;
  #closed = false;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, maxMessageBytes: number) {
    const socket = stream.session?.socket;
    this.path = headers[':path'] ?? '';
    this.headers = headers;
    this.peer = `${socket?.remoteAddress ?? ''}:${socket?.remotePort ?? ''}`;
    this.#stream = stream;
    this.#reader = new MessageReader(maxMessageBytes);
  }

  /** Answers the headers and begins to read. To be called once, in the tick in which the call came. */
  accept(handler: CallHandler, deadlineMs: number | undefined): void {
    this.#handler = handler;
    const stream = this.#stream;
    stream.on('data', (chunk: Buffer) => this.#read(chunk));
    stream.on('end', () => this.#ended());
    stream.on('drain', () => this.#guard(() => this.#handler?.writable?.()));
    stream.on('wantTrailers', () => this.#sendTrailers());
    // A client that resets the stream is no error of ours; 'close' follows.
    stream.on('error', () => {});
    stream.on('close', () => this.#close());
    stream.respond(responseHeaders, { waitForTrailers: true });
    if (deadlineMs !== undefined) {
      this.#deadline = setTimeout(() => this.end(grpcStatus.deadlineExceeded, 'deadline exceeded'), deadlineMs).unref();
    }
  }

  /** The connection that carries the call; undefined once it is gone. */
  get session(): Http2Session | undefined {
    return this.#stream.session;
  }

  /** Whether the socket takes more without holding it in memory. */
  get isWritable(): boolean {
    return this.#status === undefined && !this.#stream.destroyed && !this.#stream.writableNeedDrain;
  }

  get isOpen(): boolean {
    return this.#status === undefined && !this.#stream.destroyed;
  }

  /** Writes a message that has its prefix already. The buffer may be shared and has to stay as it is. */
  write(frame: Uint8Array): void {
    if (this.isOpen) this.#stream.write(frame);
  }

  /** Ends the call with a status, after what was written before. */
  end(code: GrpcStatusCode, message = ''): void {
    if (!this.isOpen) return;
    this.#status = { code, message };
    this.#stream.end();
  }

  #read(chunk: Buffer): void {
    if (!this.isOpen) return;
    this.#guard(() => {
      for (const message of this.#reader.read(chunk)) if (this.isOpen) this.#handler?.message(message);
    });
  }

  #ended(): void {
    if (!this.isOpen) return;
    if (this.#reader.isInsideMessage) this.end(grpcStatus.invalidArgument, 'the stream ended inside a message');
    else this.#guard(() => this.#handler?.halfClosed());
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      if (thrown instanceof GrpcError) this.end(thrown.code, thrown.message);
      else {
        process.emitWarning(`${this.path}: ${messageOf(thrown)}`, 'EvenkeelWarning');
        this.end(grpcStatus.internal, 'internal error');
      }
    }
  }

  #sendTrailers(): void {
    const { code, message } = this.#status ?? { code: grpcStatus.ok, message: '' };
    const trailers = { 'grpc-status': String(code), ...(message && { 'grpc-message': encodeGrpcMessage(message) }) };
    this.#stream.sendTrailers(trailers);
    // After an early end the client may still be sending; without the reset it would hold the stream open.
    if (!this.#stream.readableEnded) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#deadline);
    const status = this.#status ?? {
      code: grpcStatus.cancelled,
      message: 'the client or the connection ended the call',
    };
    this.#status = status;
    this.#handler?.closed(status);
  }
}
