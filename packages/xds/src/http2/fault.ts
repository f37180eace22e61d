import type { ErrorCode } from './protocol.ts';

/** Why a connection was closed or a stream reset: a label for metrics. */
export type FaultReason =
  /** No HTTP/2, or none within `handshakeMs`. */
  | 'preface'
  /** A frame that RFC 9113 does not allow, or not there. */
  | 'protocol'
  /** A frame longer than announced limits, or of a length that its type does not have. */
  | 'frame-size'
  /** More data than the window allows, or a window beyond 2^31-1. */
  | 'flow-control'
  /** A header block that HPACK cannot read. */
  | 'compression'
  /** A request whose headers are malformed (RFC 9113, 8.2 and 8.3). */
  | 'headers'
  /** Headers that are too large, or in too many frames. */
  | 'header-flood'
  /** More streams at once than `maxStreams`. */
  | 'streams'
  /** Streams that are reset, or have to be, at a rate that nobody needs (CVE-2023-44487, CVE-2025-8671). */
  | 'reset-flood'
  | 'ping-flood'
  | 'settings-flood'
  | 'window-update-flood'
  /** Frames without content: empty DATA, PRIORITY, unknown types, frames for streams that are over. */
  | 'empty-flood'
  /** The client makes the server answer and does not read the answers. */
  | 'unread'
  /** It makes the server hold more than it may, or is the largest where all together do. */
  | 'memory'
  /** A defect of the server. */
  | 'internal';

/** One thing that a client did and must not. */
export interface Fault {
  readonly reason: FaultReason;
  /** Whether it cost the connection or one stream. */
  readonly scope: 'connection' | 'stream';
  readonly message: string;
}

/** Ends the connection, with a GOAWAY of this code (RFC 9113, 5.4.1). */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: ErrorCode;
  readonly reason: FaultReason;

  constructor(code: ErrorCode, reason: FaultReason, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** Ends one stream, with a RST_STREAM of this code (RFC 9113, 5.4.2). */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly streamId: number;
  readonly code: ErrorCode;
  readonly reason: FaultReason;

  constructor(streamId: number, code: ErrorCode, reason: FaultReason, message: string) {
    super(message);
    this.streamId = streamId;
    this.code = code;
    this.reason = reason;
  }
}
