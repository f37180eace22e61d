import { constants, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { formatAddress } from '../../base/listen-address.ts';
import { MessageReader } from './message-reader.ts';
import { asGrpcError, encodeGrpcMessage, type GrpcStatusCode, grpcStatus } from './status.ts';

/** What a method does with a call. Each is called in order and never after `closed`. */
export interface CallHandler {
  /** A message has arrived. What it throws ends the call: a GrpcError with its status, anything else with INTERNAL. */
  message(bytes: Buffer): void;
  /** The client will send no more. */
  halfClosed(): void;
  /** The socket takes more again, after `write` returned false. */
  writable?(): void;
  /** The connection has to go: a call that would not end by itself should end. What is left is cut after the grace time. */
  dismiss?(): void;
  /** The call is over, whoever ended it. */
  closed(status: CallStatus): void;
}

export interface CallStatus {
  /** CANCELLED where the client or the connection ended the call. */
  readonly code: GrpcStatusCode;
  readonly message: string;
}

const brokenOff: CallStatus = { code: grpcStatus.cancelled, message: 'the client or the connection ended the call' };

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
  readonly #released: () => void;
  #status: CallStatus | undefined;

  /** @param released - called when the call is over, after the handler */
  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    maxMessageBytes: number,
    released: () => void = () => {},
  ) {
    const socket = stream.session?.socket;
    this.path = headers[':path'] ?? '';
    this.headers = headers;
    this.peer = formatAddress(socket?.remoteAddress ?? '', socket?.remotePort ?? 0);
    this.#stream = stream;
    this.#released = released;
    this.#reader = new MessageReader(maxMessageBytes);
  }

  /** Answers the headers and begins to read. To be called once, in the tick in which the call came. */
  accept(handler: CallHandler, deadlineMs: number | undefined): void {
    this.#handler = handler;
    const stream = this.#stream;
    stream.on('data', (chunk: Buffer) => this.#read(chunk));
    stream.on('end', () => this.#ended());
    stream.on('drain', () => this.#guard(() => this.#handler?.writable?.()));
    // A client that resets the stream is no error of ours; 'close' follows.
    stream.on('error', () => {});
    stream.on('close', () => this.#close(brokenOff));
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

  /** Asks the handler to come to an end. */
  dismiss(): void {
    this.#guard(() => this.#handler?.dismiss?.());
  }

  /** Ends the call with a status, after what was written before. */
  end(code: GrpcStatusCode, message = ''): void {
    if (!this.isOpen) return;
    // On a mounted server with a `request` listener, Node's compatibility layer would send trailers of its own.
    this.#stream.removeAllListeners('wantTrailers');
    this.#stream.once('wantTrailers', () => this.#sendTrailers(code, message));
    this.#stream.end();
    this.#close({ code, message });
  }

  /** Ends the call as what a handler threw says: a GrpcError with its status, anything else with INTERNAL. */
  fail(thrown: unknown): void {
    const { code, message } = asGrpcError(thrown, this.path);
    this.end(code, message);
  }

  #read(chunk: Buffer): void {
    if (!this.isOpen) return;
    this.#guard(() => {
      for (const message of this.#reader.read(chunk)) if (this.isOpen) this.#handler?.message(message);
    });
  }

  #ended(): void {
    // A reset ends the readable side as well.
    if (!this.isOpen || this.#stream.aborted) return;
    if (this.#reader.isInsideMessage) this.end(grpcStatus.invalidArgument, 'the stream ended inside a message');
    else this.#guard(() => this.#handler?.halfClosed());
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  #sendTrailers(code: GrpcStatusCode, message: string): void {
    const trailers = { 'grpc-status': String(code), ...(message && { 'grpc-message': encodeGrpcMessage(message) }) };
    this.#stream.sendTrailers(trailers);
    resetLater(this.#stream);
  }

  /** The call is over as soon as its status is decided, however long the last bytes take. */
  #close(status: CallStatus): void {
    if (this.#status !== undefined) return;
    this.#status = status;
    clearTimeout(this.#deadline);
    this.#handler?.closed(status);
    this.#released();
  }
}

/** How long a client may take to end its side of a stream that the server has ended. */
const lingerMs = 1_000;

/**
 * Resets a stream whose client goes on sending after the end. Not at once: a reset that overtakes the trailers would hide
 * the status.
 */
export function resetLater(stream: ServerHttp2Stream): void {
  if (stream.readableEnded) return;
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), lingerMs).unref();
  stream.once('close', () => clearTimeout(timer));
}
