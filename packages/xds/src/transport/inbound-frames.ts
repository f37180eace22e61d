import { ConnectionError, StreamError } from '../http2/fault.ts';
import { pingFrame, settingsAckFrame, windowUpdateFrame } from '../http2/frame-writer.ts';
import {
  protocolError,
  requireConnection,
  requireLength,
  requireStream,
  withoutPadding,
  wrongLength,
} from '../http2/payload.ts';
import { defaultWindowSize, errorCode, frameFlag, frameType, largestWindowSize } from '../http2/protocol.ts';
import { InboundHeaders } from './inbound-headers.ts';
import type { InboundHost } from './inbound-host.ts';
import type { Http2Stream } from './stream.ts';
import { StreamIds } from './stream-ids.ts';

/** A window is given back when half of it has been used. */
const windowUpdateAt = defaultWindowSize >> 1;

/** What the frames of a client mean (RFC 9113, 5.1 and 6). */
export class InboundFrames {
  readonly ids: StreamIds = new StreamIds();
  readonly #connection: InboundHost;
  readonly #headers: InboundHeaders;
  #hasSettings = false;
  /** Bytes of DATA that were not given back to the client's window of the connection. */
  #unreturned = 0;

  constructor(connection: InboundHost) {
    this.#connection = connection;
    this.#headers = new InboundHeaders(connection, this.ids);
  }

  /** Bytes that are held of headers. */
  get heldBytes(): number {
    return this.#headers.heldBytes;
  }

  /** @throws ConnectionError, StreamError */
  take(type: number, flags: number, streamId: number, payload: Buffer): void {
    if (!this.#hasSettings && (type !== frameType.settings || (flags & frameFlag.ack) !== 0)) {
      throw new ConnectionError(errorCode.protocolError, 'preface', 'the first frame is no SETTINGS');
    }
    const { unfinished } = this.#headers;
    if (unfinished !== undefined && (type !== frameType.continuation || streamId !== unfinished)) {
      throw protocolError('another frame inside a header block');
    }
    switch (type) {
      case frameType.data:
        this.#data(flags, streamId, payload);
        break;
      case frameType.headers:
        this.#headers.headers(flags, streamId, payload);
        break;
      case frameType.continuation:
        this.#headers.continuation(flags, payload);
        break;
      case frameType.rstStream:
        this.#rstStream(streamId, payload);
        break;
      case frameType.settings:
        this.#settings(flags, streamId, payload);
        break;
      case frameType.ping:
        this.#ping(flags, streamId, payload);
        break;
      case frameType.windowUpdate:
        this.#windowUpdate(streamId, payload);
        break;
      case frameType.priority:
        this.#priority(streamId, payload);
        break;
      case frameType.goAway:
        requireConnection(streamId, 'GOAWAY');
        if (payload.length < 8) throw wrongLength(`a GOAWAY of ${payload.length} bytes`);
        this.#connection.count('emptyFrames');
        break;
      case frameType.pushPromise:
        throw protocolError('PUSH_PROMISE of a client');
      // "Implementations MUST ignore and discard frames of unknown types."
      default:
        this.#connection.count('emptyFrames');
    }
  }

  #data(flags: number, streamId: number, payload: Buffer): void {
    requireStream(streamId, 'DATA');
    const content = withoutPadding(payload, flags);
    this.#countReceived(payload.length);
    const endStream = (flags & frameFlag.endStream) !== 0;
    if (content.length === 0 && !endStream) this.#connection.count('emptyFrames');
    const stream = this.#known(streamId, 'DATA');
    if (stream !== undefined) stream.receive(content, payload.length, endStream);
    else if (this.ids.wasReset(streamId)) this.#connection.count('emptyFrames');
    else throw new StreamError(streamId, errorCode.streamClosed, 'protocol', 'DATA for a stream that is over');
  }

  #rstStream(streamId: number, payload: Buffer): void {
    requireStream(streamId, 'RST_STREAM');
    requireLength(payload, 4, 'RST_STREAM');
    const stream = this.#known(streamId, 'RST_STREAM');
    if (stream === undefined) {
      this.#connection.count('emptyFrames');
      return;
    }
    this.#connection.resetByClient(stream);
    this.#connection.count('resets');
  }

  #settings(flags: number, streamId: number, payload: Buffer): void {
    requireConnection(streamId, 'SETTINGS');
    if ((flags & frameFlag.ack) !== 0) {
      requireLength(payload, 0, 'SETTINGS with ACK');
      return;
    }
    if (payload.length % 6 !== 0) throw wrongLength(`a SETTINGS of ${payload.length} bytes`);
    const connection = this.#connection;
    if (this.#hasSettings) connection.count('settings');
    else {
      this.#hasSettings = true;
      connection.shookHands();
    }
    const before = connection.client.initialWindowSize;
    connection.client.apply(payload);
    connection.sendControl(settingsAckFrame);
    if (!connection.moveStreamWindows(connection.client.initialWindowSize - before)) throw windowTooLarge();
  }

  #ping(flags: number, streamId: number, payload: Buffer): void {
    requireConnection(streamId, 'PING');
    requireLength(payload, 8, 'PING');
    if ((flags & frameFlag.ack) !== 0) {
      this.#connection.pinged(payload);
      return;
    }
    this.#connection.count('pings');
    this.#connection.sendControl(pingFrame(payload, true));
  }

  #windowUpdate(streamId: number, payload: Buffer): void {
    requireLength(payload, 4, 'WINDOW_UPDATE');
    this.#connection.count('windowUpdates');
    const increment = payload.readUInt32BE(0) & largestWindowSize;
    if (streamId === 0) {
      if (increment === 0) throw protocolError('WINDOW_UPDATE of 0');
      if (!this.#connection.growSendWindow(increment)) throw windowTooLarge();
      return;
    }
    const stream = this.#known(streamId, 'WINDOW_UPDATE');
    if (stream === undefined) return;
    if (increment === 0) {
      throw new StreamError(streamId, errorCode.protocolError, 'protocol', 'WINDOW_UPDATE of 0');
    }
    if (!stream.growSendWindow(increment)) {
      throw new StreamError(streamId, errorCode.flowControlError, 'flow-control', 'a window beyond 2^31-1');
    }
  }

  /** They are ignored (RFC 9113, 5.3.2), if they are what they say. */
  #priority(streamId: number, payload: Buffer): void {
    requireStream(streamId, 'PRIORITY');
    this.#connection.count('emptyFrames');
    if (payload.length !== 5) {
      const message = `a PRIORITY of ${payload.length} bytes`;
      throw new StreamError(streamId, errorCode.frameSizeError, 'frame-size', message);
    }
    if ((payload.readUInt32BE(0) & 0x7fff_ffff) === streamId) {
      throw new StreamError(streamId, errorCode.protocolError, 'protocol', 'a stream that depends on itself');
    }
  }

  /** The stream; undefined where it is over. */
  #known(streamId: number, name: string): Http2Stream | undefined {
    if (this.ids.isIdle(streamId)) throw protocolError(`${name} for a stream that has not begun`);
    return this.#connection.stream(streamId);
  }

  #countReceived(bytes: number): void {
    this.#unreturned += bytes;
    if (this.#unreturned > defaultWindowSize) {
      throw new ConnectionError(errorCode.flowControlError, 'flow-control', 'more DATA than the window allows');
    }
    if (this.#unreturned < windowUpdateAt) return;
    this.#connection.sendControl(windowUpdateFrame(0, this.#unreturned));
    this.#unreturned = 0;
  }
}

function windowTooLarge(): ConnectionError {
  return new ConnectionError(errorCode.flowControlError, 'flow-control', 'a window beyond 2^31-1');
}
