import type { Socket } from 'node:net';
import { formatAddress } from '../../../base/listen-address.ts';
import {
  defaultWindowSize,
  frameFlag,
  frameHeaderLength,
  frameType,
  largestWindowSize,
  settingId,
} from '../../../http2/protocol.ts';
import { encodeFrame, encodeRequest, preface, windowUpdate } from './frames.ts';
import { HeaderReader, type Headers } from './hpack.ts';

/** What came back on one stream. */
export interface WireAnswer {
  /** gRPC status as a number; -1: none, see `error`. */
  readonly status: number;
  readonly error: string | undefined;
  readonly headers: Headers;
  readonly trailers: Headers;
  /** DATA of the answer with gRPC prefixes, where it was asked for. */
  readonly body: Buffer | undefined;
}

export type OnAnswer = (answer: WireAnswer) => void;

interface Stream {
  readonly onAnswer: OnAnswer;
  readonly expiresAt: number;
  headers: Headers | undefined;
  chunks: Buffer[] | undefined;
}

const none: Headers = {};
const unavailable = 14;
const deadlineExceeded = 4;
/** gRPC status of a stream that was reset, by HTTP/2 error code (gRPC over HTTP/2, "Errors"). */
const statusOfReset: Readonly<Record<number, number>> = { 7: unavailable, 8: 1, 11: 8, 12: 7 };

/** One HTTP/2 connection that makes the same gRPC call again and again, with as little work for each as can be. */
export class WireConnection {
  readonly peer: string;
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #request: ReturnType<typeof encodeRequest>;
  readonly #deadlineMs: number;
  readonly #reader = new HeaderReader();
  readonly #streams = new Map<number, Stream>();
  readonly #waiting: { readonly onAnswer: OnAnswer; readonly keepBody: boolean; readonly expiresAt: number }[] = [];
  readonly #sweep: NodeJS.Timeout;
  #nextId = 1;
  #maxStreams = Number.POSITIVE_INFINITY;
  #sendWindow = defaultWindowSize;
  #received = 0;
  #rest: Buffer | undefined;
  #block: { readonly stream: number; readonly ends: boolean; readonly parts: Buffer[] } | undefined;
  #out = Buffer.allocUnsafe(64 * 1024);
  #outLength = 0;
  #flushing = false;
  /** No new calls: the peer said GOAWAY, or stream ids are used up. */
  #leaving = false;

  /** @param socket - connected; nothing was sent on it */
  constructor(socket: Socket, block: Buffer, messages: readonly Uint8Array[], deadlineMs: number) {
    this.#socket = socket;
    this.#request = encodeRequest(block, messages);
    this.#deadlineMs = deadlineMs;
    this.peer = formatAddress(socket.remoteAddress ?? '', socket.remotePort ?? 0);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(this.#sweep);
      this.#leaving = true;
      this.#failAll('the connection was closed');
      resolve();
    });
    socket.write(preface());
    this.#sweep = setInterval(() => this.#expire(), 20);
  }

  get usable(): boolean {
    return !this.#leaving;
  }

  call(keepBody: boolean, onAnswer: OnAnswer): void {
    const expiresAt = performance.now() + this.#deadlineMs;
    if (this.#streams.size < this.#maxStreams && this.#sendWindow >= this.#request.dataBytes) {
      this.#send(keepBody, expiresAt, onAnswer);
    } else this.#waiting.push({ keepBody, expiresAt, onAnswer });
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(keepBody: boolean, expiresAt: number, onAnswer: OnAnswer): void {
    const id = this.#nextId;
    this.#nextId += 2;
    if (this.#nextId >= largestWindowSize) this.#leaving = true;
    this.#streams.set(id, { onAnswer, expiresAt, headers: undefined, chunks: keepBody ? [] : undefined });
    const { bytes, idsAt, dataBytes } = this.#request;
    this.#sendWindow -= dataBytes;
    const at = this.#write(bytes);
    for (const offset of idsAt) this.#out.writeUInt32BE(id, at + offset);
  }

  /** Copies bytes to what goes out at the end of this turn of the event loop; the answer is where they stand. */
  #write(bytes: Buffer): number {
    if (this.#outLength + bytes.length > this.#out.length) {
      this.#flush();
      if (bytes.length > this.#out.length) this.#out = Buffer.allocUnsafe(bytes.length * 2);
    }
    const at = this.#outLength;
    bytes.copy(this.#out, at);
    this.#outLength += bytes.length;
    if (!this.#flushing) {
      this.#flushing = true;
      setImmediate(() => this.#flush());
    }
    return at;
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#outLength === 0) return;
    const bytes = this.#out.subarray(0, this.#outLength);
    // The socket may keep the bytes for a while.
    this.#out = Buffer.allocUnsafe(this.#out.length);
    this.#outLength = 0;
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= frameHeaderLength) {
      const length = bytes.readUIntBE(at, 3);
      const end = at + frameHeaderLength + length;
      if (end > bytes.length) break;
      try {
        this.#frame(
          bytes[at + 3]!,
          bytes[at + 4]!,
          bytes.readUInt32BE(at + 5) & largestWindowSize,
          bytes.subarray(at + frameHeaderLength, end),
        );
      } catch (thrown) {
        this.#failAll(String(thrown));
        this.#socket.destroy();
        return;
      }
      at = end;
    }
    this.#rest = at === bytes.length ? undefined : bytes.subarray(at);
    this.#sendWaiting();
  }

  #frame(type: number, flags: number, id: number, payload: Buffer): void {
    switch (type) {
      case frameType.data:
        this.#data(flags, id, payload);
        break;
      case frameType.headers:
        this.#block = {
          stream: id,
          ends: (flags & frameFlag.endStream) !== 0,
          parts: [withoutPadding(flags, payload)],
        };
        if ((flags & frameFlag.endHeaders) !== 0) this.#headers();
        break;
      case frameType.continuation:
        this.#block?.parts.push(payload);
        if ((flags & frameFlag.endHeaders) !== 0) this.#headers();
        break;
      case frameType.rstStream:
        this.#end(
          id,
          statusOfReset[payload.readUInt32BE()] ?? 13,
          `the stream was reset (${payload.readUInt32BE()})`,
          none,
        );
        break;
      case frameType.settings:
        if ((flags & frameFlag.ack) === 0) this.#settings(payload);
        break;
      case frameType.ping:
        if ((flags & frameFlag.ack) === 0) this.#write(encodeFrame(frameType.ping, frameFlag.ack, 0, payload));
        break;
      case frameType.goAway:
        this.#goAway(payload.readUInt32BE() & largestWindowSize);
        break;
      case frameType.windowUpdate:
        if (id === 0) this.#sendWindow += payload.readUInt32BE() & largestWindowSize;
        break;
    }
  }

  #settings(payload: Buffer): void {
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      if (payload.readUInt16BE(at) === settingId.maxConcurrentStreams) this.#maxStreams = payload.readUInt32BE(at + 2);
    }
    this.#write(encodeFrame(frameType.settings, frameFlag.ack, 0));
  }

  #data(flags: number, id: number, payload: Buffer): void {
    this.#received += payload.length;
    if (this.#received > largestWindowSize / 4) {
      this.#write(windowUpdate(this.#received));
      this.#received = 0;
    }
    const stream = this.#streams.get(id);
    stream?.chunks?.push(Buffer.from(withoutPadding(flags & frameFlag.padded, payload)));
    if ((flags & frameFlag.endStream) !== 0) this.#end(id, 13, 'the answer ended without a status', none);
  }

  #headers(): void {
    const { stream: id, ends, parts } = this.#block!;
    this.#block = undefined;
    const headers = this.#reader.read(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (!ends) {
      stream.headers = headers;
      return;
    }
    const status = headers['grpc-status'];
    if (status === undefined) this.#end(id, 2, `HTTP ${headers[':status'] ?? 'answer'} without a gRPC status`, headers);
    else this.#end(id, Number(status), decodeMessage(headers['grpc-message']), headers);
  }

  #end(id: number, status: number, error: string | undefined, trailers: Headers): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#streams.delete(id);
    const body = stream.chunks === undefined ? undefined : Buffer.concat(stream.chunks);
    stream.onAnswer({ status, error, headers: stream.headers ?? trailers, trailers, body });
    if (this.#leaving && this.#streams.size === 0) this.#socket.end();
  }

  #goAway(last: number): void {
    this.#leaving = true;
    for (const id of this.#streams.keys())
      if (id > last) this.#end(id, unavailable, 'the server closed the connection (GOAWAY)', none);
    this.#failWaiting('the server closed the connection (GOAWAY)');
    if (this.#streams.size === 0) this.#socket.end();
  }

  #sendWaiting(): void {
    while (
      this.#waiting.length > 0 &&
      this.#streams.size < this.#maxStreams &&
      this.#sendWindow >= this.#request.dataBytes
    ) {
      const { keepBody, expiresAt, onAnswer } = this.#waiting.shift()!;
      this.#send(keepBody, expiresAt, onAnswer);
    }
  }

  /** All calls have the same deadline, so the oldest stands first. */
  #expire(): void {
    const now = performance.now();
    for (const [id, { expiresAt }] of this.#streams) {
      if (expiresAt > now) break;
      const cancel = Buffer.alloc(4);
      cancel.writeUInt32BE(8);
      this.#write(encodeFrame(frameType.rstStream, 0, id, cancel));
      this.#end(id, deadlineExceeded, `no answer within ${this.#deadlineMs} ms`, none);
    }
    while (this.#waiting.length > 0 && this.#waiting[0]!.expiresAt <= now) {
      this.#waiting.shift()!.onAnswer(failure(deadlineExceeded, 'it could not be sent in time'));
    }
  }

  #failAll(why: string): void {
    for (const id of [...this.#streams.keys()]) this.#end(id, unavailable, why, none);
    this.#failWaiting(why);
  }

  #failWaiting(why: string): void {
    for (const { onAnswer } of this.#waiting.splice(0)) onAnswer(failure(unavailable, why));
  }
}

export function failure(status: number, error: string): WireAnswer {
  return { status, error, headers: none, trailers: none, body: undefined };
}

function withoutPadding(flags: number, payload: Buffer): Buffer {
  let [start, end] = [0, payload.length];
  if ((flags & frameFlag.padded) !== 0) {
    start = 1;
    end -= payload[0]!;
  }
  if ((flags & frameFlag.priority) !== 0) start += 5;
  return payload.subarray(start, end);
}

/** gRPC writes what is not printable in percent. */
function decodeMessage(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
