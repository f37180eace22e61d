import { ConnectionError, StreamError } from '../http2/fault.ts';
import { HeaderBlock } from '../http2/header-block.ts';
import { type HeaderField, HpackDecoder } from '../http2/hpack-decoder.ts';
import { protocolError, requireStream, withoutPadding, withoutPriority } from '../http2/payload.ts';
import { errorCode, frameFlag } from '../http2/protocol.ts';
import type { InboundHost } from './inbound-host.ts';
import { readRequestHead, trailersFault } from './request-head.ts';
import type { Http2Stream } from './stream.ts';
import type { StreamIds } from './stream-ids.ts';

/** What HEADERS and CONTINUATION frames of a client mean (RFC 9113, 6.2, 6.10 and 8.1): requests, and their trailers. */
export class InboundHeaders {
  readonly #connection: InboundHost;
  readonly #ids: StreamIds;
  readonly #decoder = new HpackDecoder();
  /** A block that has begun: until it ends, nothing else may come. */
  #block: HeaderBlock | undefined;

  constructor(connection: InboundHost, ids: StreamIds) {
    this.#connection = connection;
    this.#ids = ids;
  }

  /** The stream whose header block has begun and not ended. */
  get unfinished(): number | undefined {
    return this.#block?.streamId;
  }

  /** Bytes of the header table, and of a block that has not ended. */
  get heldBytes(): number {
    return this.#decoder.tableBytes + (this.#block?.heldBytes ?? 0);
  }

  /** @throws ConnectionError, StreamError */
  headers(flags: number, streamId: number, payload: Buffer): void {
    requireStream(streamId, 'HEADERS');
    if (streamId % 2 === 0) throw protocolError('HEADERS with an even stream id');
    const { fragment, dependency } = withoutPriority(withoutPadding(payload, flags), flags);
    const endStream = (flags & frameFlag.endStream) !== 0;
    this.#block = new HeaderBlock(streamId, endStream, dependency, this.#connection.limits);
    this.#add(this.#block, flags, fragment);
  }

  /** @throws ConnectionError, StreamError */
  continuation(flags: number, payload: Buffer): void {
    if (this.#block === undefined) throw protocolError('CONTINUATION without HEADERS');
    this.#add(this.#block, flags, payload);
  }

  #add(block: HeaderBlock, flags: number, fragment: Buffer): void {
    const last = (flags & frameFlag.endHeaders) !== 0;
    block.add(fragment, last);
    if (!last) return;
    this.#block = undefined;
    this.#complete(block);
  }

  #complete(block: HeaderBlock): void {
    const { streamId, endStream, dependency } = block;
    // Whatever becomes of it: the table is the connection's, and the next block builds on it.
    const fields = this.#decoder.decode(block.bytes(), this.#connection.limits.headerListBytes);
    const stream = this.#connection.stream(streamId);
    const isNew = this.#ids.isIdle(streamId);
    if (isNew) this.#ids.begin(streamId);
    else if (stream === undefined) {
      this.#tooLate(streamId);
      return;
    }
    if (dependency === streamId) {
      throw new StreamError(streamId, errorCode.protocolError, 'protocol', 'a stream that depends on itself');
    }
    if (fields === undefined) {
      throw new StreamError(streamId, errorCode.enhanceYourCalm, 'header-flood', 'the headers are too large');
    }
    if (stream === undefined) this.#request(streamId, endStream, fields);
    else this.#trailers(stream, endStream, fields);
  }

  #request(streamId: number, endStream: boolean, fields: readonly HeaderField[]): void {
    const connection = this.#connection;
    if (!connection.takesStreams) {
      // The client knows from GOAWAY that it is not served, and what else it sends there is ignored.
      this.#ids.close(streamId, true);
      return;
    }
    if (connection.streams >= connection.limits.maxStreams) {
      throw new StreamError(streamId, errorCode.refusedStream, 'streams', 'too many streams at once');
    }
    const head = readRequestHead(fields);
    if (typeof head === 'string') throw new StreamError(streamId, errorCode.protocolError, 'headers', head);
    const stream = connection.open(streamId, head);
    if (endStream && stream.isOpen) stream.receiveEnd();
  }

  #trailers(stream: Http2Stream, endStream: boolean, fields: readonly HeaderField[]): void {
    const { id } = stream;
    if (stream.remoteEnded) {
      throw new StreamError(id, errorCode.streamClosed, 'protocol', 'HEADERS after the end of the stream');
    }
    if (!endStream) throw new StreamError(id, errorCode.protocolError, 'headers', 'headers inside of a request');
    const fault = trailersFault(fields);
    if (fault !== undefined) throw new StreamError(id, errorCode.protocolError, 'headers', fault);
    stream.receiveEnd();
  }

  #tooLate(streamId: number): void {
    if (this.#ids.wasReset(streamId)) {
      this.#connection.count('emptyFrames');
      return;
    }
    // One that was left out when a later one began is not to come any more; one that is over is closed.
    const code = this.#ids.wasClosed(streamId) ? errorCode.streamClosed : errorCode.protocolError;
    throw new ConnectionError(code, 'protocol', 'HEADERS for a stream that is over');
  }
}
