import {
  type GrpcConnection,
  type GrpcStream,
  lingerMs,
  type RequestHeaders,
  type ResponseHeaders,
  type StreamListener,
} from '../grpc/transport.ts';
import { StreamError } from '../http2/fault.ts';
import { dataFrameHeader, windowUpdateFrame } from '../http2/frame-writer.ts';
import { defaultWindowSize, errorCode, largestWindowSize } from '../http2/protocol.ts';
import type { Account } from '../memory/account.ts';
import type { RequestHead } from './request-head.ts';
import { dataFrames } from './shared-data.ts';

/** What a stream needs of its connection. */
export interface StreamHost {
  readonly grpc: GrpcConnection;
  /** Bytes that may be sent on the connection. */
  readonly sendWindow: number;
  readonly maxFrameSize: number;
  readonly maxWaitingMessages: number;
  /** Whether the socket takes more. */
  readonly takesMore: boolean;
  /** Sends DATA frames, of which `flowBytes` count for the connection's window. */
  sendData(bytes: Uint8Array, flowBytes: number): void;
  sendHeaders(streamId: number, headers: ResponseHeaders, endStream: boolean): void;
  sendControl(bytes: Uint8Array): void;
  /** Both sides have ended. */
  finished(stream: Http2Stream): void;
  /** Resets the stream. */
  reset(error: StreamError): void;
  /** The answer is over and the client has not ended its side for {@link lingerMs}. */
  lingered(stream: Http2Stream): void;
  after(delayMs: number, callback: () => void): () => void;
}

/** A window is given back when half of it has been used. */
const windowUpdateAt = defaultWindowSize >> 1;

/** Messages up to this length are written at once. */
const largestWhole = 256 * 1024;

/** One request and its answer: RFC 9113, 5.1, with the flow control of both directions (5.2). */
export class Http2Stream implements GrpcStream {
  readonly id: number;
  readonly headers: RequestHeaders;
  /** Bytes of the headers. */
  readonly headerBytes: number;
  readonly #host: StreamHost;
  readonly #contentLength: number | undefined;
  #listener: StreamListener | undefined;
  /** Bytes that may be sent; negative after a SETTINGS that shrank the window. */
  #sendWindow: number;
  /** Bytes that have come and were not given back to the client's window. */
  #unreturned = 0;
  #received = 0;
  /** Messages that are not sent yet, and how much of the first one is. */
  #waiting: Uint8Array[] = [];
  #sent = 0;
  #trailers: ResponseHeaders | undefined;
  #bodyEnds = false;
  #remoteEnded = false;
  #localEnded = false;
  #closed = false;
  #cancelLinger: (() => void) | undefined;

  constructor(id: number, head: RequestHead, sendWindow: number, host: StreamHost) {
    this.id = id;
    this.headers = head.headers;
    this.headerBytes = head.bytes;
    this.#contentLength = head.contentLength;
    this.#sendWindow = sendWindow;
    this.#host = host;
  }

  get connection(): GrpcConnection {
    return this.#host.grpc;
  }

  get isOpen(): boolean {
    return !this.#closed;
  }

  get isWritable(): boolean {
    const { sendWindow, takesMore } = this.#host;
    return !this.#closed && this.#waiting.length === 0 && this.#sendWindow > 0 && sendWindow > 0 && takesMore;
  }

  get remoteEnded(): boolean {
    return this.#remoteEnded;
  }

  accept(headers: ResponseHeaders, listener: StreamListener): void {
    this.#listener = listener;
    this.#host.sendHeaders(this.id, headers, false);
  }

  write(bytes: Uint8Array): void {
    if (this.#closed || this.#isEnding) return;
    if (this.#waiting.length === 0 && this.#sendWhole(bytes)) return;
    if (this.#waiting.length >= this.#host.maxWaitingMessages) {
      const message = `${this.#waiting.length} messages wait for a client that does not read`;
      this.#host.reset(new StreamError(this.id, errorCode.enhanceYourCalm, 'unread', message));
      return;
    }
    this.#wait(bytes);
    this.pump();
  }

  end(trailers: ResponseHeaders): void {
    if (this.#closed || this.#isEnding) return;
    this.#trailers = trailers;
    this.pump();
  }

  refuse(headers: ResponseHeaders, body = ''): void {
    this.#host.sendHeaders(this.id, headers, body === '');
    if (body === '') this.#endLocally();
    else {
      this.#wait(Buffer.from(body));
      this.#bodyEnds = true;
      this.pump();
    }
  }

  /** Sends what waits, as far as windows and socket allow. */
  pump(): void {
    const host = this.#host;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#sent === 0 && !this.#bodyEnds && this.#sendWhole(first)) {
        this.#sentFirst();
        continue;
      }
      const left = first.length - this.#sent;
      const length = Math.min(left, this.#sendWindow, host.sendWindow, host.maxFrameSize);
      if (length <= 0 || !host.takesMore) return;
      const last = this.#bodyEnds && length === left;
      host.sendData(dataFrameHeader(this.id, length, last), 0);
      host.sendData(first.subarray(this.#sent, this.#sent + length), length);
      this.#sendWindow -= length;
      this.#sent = length === left ? 0 : this.#sent + length;
      if (length === left) this.#sentFirst();
      if (last) this.#endLocally();
    }
    if (this.#trailers !== undefined && !this.#localEnded) {
      host.sendHeaders(this.id, this.#trailers, true);
      this.#endLocally();
    }
  }

  /** Tells the listener that the stream takes more; to be called where it did not before. */
  becameWritable(): void {
    if (!this.#isEnding && this.isWritable) this.#listener?.writable();
  }

  /**
   * DATA has come.
   *
   * @param flowBytes - with padding
   * @throws StreamError
   */
  receive(content: Buffer, flowBytes: number, endStream: boolean): void {
    if (this.#remoteEnded) {
      throw new StreamError(this.id, errorCode.streamClosed, 'protocol', 'DATA after the end of the stream');
    }
    this.#unreturned += flowBytes;
    if (this.#unreturned > defaultWindowSize) {
      throw new StreamError(this.id, errorCode.flowControlError, 'flow-control', 'more DATA than the window allows');
    }
    this.#received += content.length;
    this.#checkLength(endStream);
    if (content.length > 0) this.#listener?.data(content);
    if (endStream) this.receiveEnd();
    else if (this.#unreturned >= windowUpdateAt && !this.#closed) {
      this.#host.sendControl(windowUpdateFrame(this.id, this.#unreturned));
      this.#unreturned = 0;
    }
  }

  /** @throws StreamError where less came than was announced */
  receiveEnd(): void {
    if (this.#closed) return;
    this.#checkLength(true);
    this.#remoteEnded = true;
    this.#listener?.ended();
    if (this.#localEnded) this.#finish();
  }

  /** The client has given back some of the window; false where it would be too large. */
  growSendWindow(by: number): boolean {
    const wasBlocked = this.#sendWindow <= 0;
    if (!this.moveSendWindow(by)) return false;
    if (wasBlocked) {
      this.pump();
      this.becameWritable();
    } else this.pump();
    return true;
  }

  /** The client's window has moved, perhaps below 0, by a SETTINGS; false where it would be too large. */
  moveSendWindow(by: number): boolean {
    this.#sendWindow += by;
    return this.#sendWindow <= largestWindowSize;
  }

  /** The stream has been reset, or its connection is gone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const bytes of this.#waiting.splice(0)) this.#account.drop(bytes);
    this.#cancelLinger?.();
    this.#listener?.closed();
  }

  get #account(): Account {
    return this.#host.grpc.account;
  }

  #wait(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#account.hold(bytes);
  }

  #sentFirst(): void {
    this.#account.drop(this.#waiting.shift()!);
  }

  get #isEnding(): boolean {
    return this.#localEnded || this.#trailers !== undefined || this.#bodyEnds;
  }

  /** The usual case: everything fits, and what is sent is shared with all who get the same. */
  #sendWhole(bytes: Uint8Array): boolean {
    const host = this.#host;
    const { length } = bytes;
    // What is larger goes in pieces, so that no more of it lies in the socket's memory than the socket asks for.
    if (length > largestWhole || length > this.#sendWindow || length > host.sendWindow || !host.takesMore) return false;
    this.#sendWindow -= length;
    host.sendData(dataFrames(bytes, this.id, host.maxFrameSize), length);
    return true;
  }

  #checkLength(ended: boolean): void {
    const announced = this.#contentLength;
    if (announced === undefined || (ended ? this.#received === announced : this.#received <= announced)) return;
    const message = `${this.#received} bytes, where content-length says ${announced}`;
    throw new StreamError(this.id, errorCode.protocolError, 'headers', message);
  }

  #endLocally(): void {
    this.#localEnded = true;
    if (this.#remoteEnded) this.#finish();
    // Not at once: a reset that overtakes the trailers would hide the status.
    else this.#cancelLinger = this.#host.after(lingerMs, () => this.#host.lingered(this));
  }

  #finish(): void {
    if (this.#closed) return;
    this.#host.finished(this);
    this.close();
  }
}
