import {
  ConnectionError,
  errorCode,
  frameFlag,
  frameType,
  HeaderBlock,
  largestStreamId,
  protocolError,
  requireConnection,
  requireLength,
  requireStream,
  withoutPadding,
  withoutPriority,
  wrongLength,
} from '@evenkeel/xds/http2';
import { HeaderReader, type Headers } from './headers.ts';
import { readIncrement } from './windows.ts';

/** Of one header block; the fields that are taken have a bound of their own. */
const blockLimits = { headerBlockBytes: 256 * 1024, continuations: 64 };
const debugCharacters = 200;

/** What frames come to. */
export interface InboundSink {
  settings(payload: Buffer): void;
  /** @param headers - undefined: too large */
  headers(streamId: number, headers: Headers | undefined, endStream: boolean): void;
  /** @param bytes - of the frame, padding included: what counts for windows */
  data(streamId: number, content: Buffer, bytes: number, endStream: boolean): void;
  reset(streamId: number, code: number): void;
  ping(payload: Buffer): void;
  goAway(lastStreamId: number, code: number, debug: string): void;
  windowUpdate(streamId: number, increment: number): void;
  /** Whether the stream was ever begun. */
  isKnown(streamId: number): boolean;
}

/** What the frames of a server mean (RFC 9113, 5.1 and 6). */
export class InboundFrames {
  readonly #sink: InboundSink;
  readonly #reader = new HeaderReader();
  #block: HeaderBlock | undefined;
  #hasSettings = false;

  constructor(sink: InboundSink) {
    this.#sink = sink;
  }

  /** @throws ConnectionError */
  take(type: number, flags: number, streamId: number, payload: Buffer): void {
    if (!this.#hasSettings && (type !== frameType.settings || (flags & frameFlag.ack) !== 0)) {
      throw new ConnectionError(errorCode.protocolError, 'preface', 'the first frame is no SETTINGS');
    }
    if (this.#block !== undefined && (type !== frameType.continuation || streamId !== this.#block.streamId)) {
      throw protocolError('another frame inside a header block');
    }
    switch (type) {
      case frameType.data:
        this.#requireKnown(streamId, 'DATA');
        this.#sink.data(streamId, withoutPadding(payload, flags), payload.length, (flags & frameFlag.endStream) !== 0);
        break;
      case frameType.headers:
        this.#headers(flags, streamId, payload);
        break;
      case frameType.continuation:
        if (this.#block === undefined) throw protocolError('CONTINUATION without HEADERS');
        this.#add(this.#block, flags, payload);
        break;
      case frameType.rstStream:
        this.#requireKnown(streamId, 'RST_STREAM');
        requireLength(payload, 4, 'RST_STREAM');
        this.#sink.reset(streamId, payload.readUInt32BE(0));
        break;
      case frameType.settings:
        this.#settings(flags, streamId, payload);
        break;
      case frameType.ping:
        requireConnection(streamId, 'PING');
        requireLength(payload, 8, 'PING');
        if ((flags & frameFlag.ack) === 0) this.#sink.ping(payload);
        break;
      case frameType.goAway:
        this.#goAway(streamId, payload);
        break;
      case frameType.windowUpdate:
        requireLength(payload, 4, 'WINDOW_UPDATE');
        if (streamId !== 0) this.#requireKnown(streamId, 'WINDOW_UPDATE');
        this.#sink.windowUpdate(streamId, readIncrement(payload));
        break;
      case frameType.pushPromise:
        throw protocolError('PUSH_PROMISE, which was switched off');
      // PRIORITY, and "implementations MUST ignore and discard frames of unknown types".
      default:
    }
  }

  #headers(flags: number, streamId: number, payload: Buffer): void {
    this.#requireKnown(streamId, 'HEADERS');
    const { fragment, dependency } = withoutPriority(withoutPadding(payload, flags), flags);
    const endStream = (flags & frameFlag.endStream) !== 0;
    // Nearly all blocks are one frame.
    if ((flags & frameFlag.endHeaders) !== 0) {
      this.#sink.headers(streamId, this.#reader.read(fragment), endStream);
      return;
    }
    this.#block = new HeaderBlock(streamId, endStream, dependency, blockLimits);
    this.#add(this.#block, flags, fragment);
  }

  #add(block: HeaderBlock, flags: number, fragment: Buffer): void {
    const last = (flags & frameFlag.endHeaders) !== 0;
    block.add(fragment, last);
    if (!last) return;
    this.#block = undefined;
    this.#sink.headers(block.streamId, this.#reader.read(block.bytes()), block.endStream);
  }

  #settings(flags: number, streamId: number, payload: Buffer): void {
    requireConnection(streamId, 'SETTINGS');
    if ((flags & frameFlag.ack) !== 0) {
      requireLength(payload, 0, 'SETTINGS with ACK');
      return;
    }
    if (payload.length % 6 !== 0) throw wrongLength(`a SETTINGS of ${payload.length} bytes`);
    this.#hasSettings = true;
    this.#sink.settings(payload);
  }

  #goAway(streamId: number, payload: Buffer): void {
    requireConnection(streamId, 'GOAWAY');
    if (payload.length < 8) throw wrongLength(`a GOAWAY of ${payload.length} bytes`);
    const debug = payload.toString('latin1', 8, 8 + debugCharacters);
    this.#sink.goAway(payload.readUInt32BE(0) & largestStreamId, payload.readUInt32BE(4), debug);
  }

  #requireKnown(streamId: number, name: string): void {
    requireStream(streamId, name);
    if (!this.#sink.isKnown(streamId)) throw protocolError(`${name} for a stream that was never begun`);
  }
}
