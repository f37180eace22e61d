import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { frameMessage, MessageReader } from '../grpc/message-reader.ts';
import { decodeGrpcMessage } from '../grpc/status.ts';
import { noAccount } from '../memory/account.ts';

/** How a call ended, as the client sees it. */
export interface EndStatus {
  /** gRPC status code; 14 (UNAVAILABLE) where the connection broke, 2 (UNKNOWN) where the answer was no gRPC. */
  readonly code: number;
  readonly message: string;
}

const maxMessageBytes = 256 * 1024 * 1024;

/** The client's side of a streaming gRPC call over `node:http2`. Messages that were not awaited yet are kept. */
export class GrpcTestStream {
  /** Resolves when the call is over. */
  readonly ended: Promise<EndStatus>;
  readonly #stream: ClientHttp2Stream;
  readonly #reader = new MessageReader(maxMessageBytes, noAccount);
  readonly #messages: Buffer[] = [];
  readonly #waiting: { resolve(message: Buffer): void; reject(reason: Error): void }[] = [];
  #status: EndStatus | undefined;

  constructor(session: ClientHttp2Session, path: string, headers: Readonly<Record<string, string>> = {}) {
    this.#stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let status: EndStatus = { code: 14, message: 'the connection ended' };
    const readStatus = (received: IncomingHttpHeaders): void => {
      status = statusIn(received) ?? status;
    };
    let isGrpc = true;
    this.#stream.on('response', (received) => {
      isGrpc = received[':status'] === 200;
      readStatus(received);
    });
    this.#stream.on('trailers', readStatus);
    this.#stream.on('data', (chunk: Buffer) => {
      if (isGrpc) this.#reader.read(chunk, { message: (bytes) => this.#take(bytes) });
    });
    // As gRPC clients do: when the server has said its status, nothing more is to be sent.
    this.#stream.on('end', () => this.#stream.end());
    this.#stream.on('error', (error) => {
      status = { code: 14, message: error.message };
    });
    this.ended = new Promise((resolve) => {
      this.#stream.on('close', () => {
        this.#status = status;
        for (const { reject } of this.#waiting.splice(0)) reject(endError(status));
        resolve(status);
      });
    });
  }

  /** Messages that have come and were not awaited yet. */
  get unread(): number {
    return this.#messages.length;
  }

  /** Sends a message. */
  send(message: Uint8Array): void {
    this.sendRaw(frameMessage(message));
  }

  /** Sends bytes as they are, for tests of what is malformed. */
  sendRaw(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }

  /** The next message; rejects where the call ends before there is one. */
  receive(): Promise<Buffer> {
    const message = this.#messages.shift();
    if (message !== undefined) return Promise.resolve(message);
    if (this.#status !== undefined) return Promise.reject(endError(this.#status));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Stops reading, as a client that hangs does. */
  pause(): void {
    this.#stream.pause();
  }

  /** Reads on. */
  resume(): void {
    this.#stream.resume();
  }

  /** Says that no more requests come, and waits for the end. */
  end(): Promise<EndStatus> {
    this.#stream.end();
    return this.ended;
  }

  /** Resets the stream, as a client that cancels does. */
  cancel(): Promise<EndStatus> {
    this.#stream.close(8);
    return this.ended;
  }

  #take(message: Buffer): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#messages.push(message);
    else next.resolve(message);
  }
}

function statusIn(headers: IncomingHttpHeaders): EndStatus | undefined {
  const code = headers['grpc-status'];
  if (code !== undefined)
    return { code: Number(code), message: decodeGrpcMessage(String(headers['grpc-message'] ?? '')) };
  const http = headers[':status'] ?? 200;
  return http === 200 ? undefined : { code: 2, message: `HTTP status ${http}` };
}

function endError({ code, message }: EndStatus): Error {
  return new Error(`the stream ended with gRPC status ${code}: ${message}`);
}
