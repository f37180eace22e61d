/** How often something may happen: so many times at once, and so many more in each second. */
export interface Rate {
  /** At once. */
  readonly burst: number;
  /** In each second, on average. */
  readonly perSecond: number;
}

/**
 * Bounds on what one connection can make the server hold or do. Beyond them the connection is closed with
 * ENHANCE_YOUR_CALM, unless something else is said, and the fault is told with its reason.
 */
export interface Http2Limits {
  /** Time from the opening of a connection to the client's preface and SETTINGS. Default 10,000. */
  readonly handshakeMs: number;
  /** Streams at once (SETTINGS_MAX_CONCURRENT_STREAMS); a further one is reset with REFUSED_STREAM. Default 100. */
  readonly maxStreams: number;
  /**
   * Bytes of a request's headers, 32 more for each (SETTINGS_MAX_HEADER_LIST_SIZE); a stream with more is reset. Default
   * 16 KiB.
   */
  readonly headerListBytes: number;
  /** Bytes of a header block on the wire, over all its frames. Default 32 KiB. */
  readonly headerBlockBytes: number;
  /** CONTINUATION frames of a header block. Default 8. */
  readonly continuations: number;
  /** Messages that wait on one stream for a client that does not read; the stream is reset. Default 1,000. */
  readonly waitingMessages: number;
  /** Bytes of answers to PING and SETTINGS, resets and window updates that wait for the socket. Default 64 KiB. */
  readonly waitingAnswerBytes: number;
  /** Requests; what comes faster is read later. Default 200, 100 a second. */
  readonly requests: Rate;
  /** Streams that the client resets, or that have to be reset for what it does. Default 200, 50 a second. */
  readonly resets: Rate;
  /** PING frames. gRPC clients send one with every message, to measure the bandwidth. Default 2,000, 1,000 a second. */
  readonly pings: Rate;
  /** SETTINGS frames. Default 100, 10 a second. */
  readonly settings: Rate;
  /** WINDOW_UPDATE frames. Default 10,000, 5,000 a second. */
  readonly windowUpdates: Rate;
  /** Frames that carry nothing: empty DATA, PRIORITY, unknown types, frames for streams that are over. Default 1,000, 100 a second. */
  readonly emptyFrames: Rate;
}

/** The bounds of a connection that are in force where none is given. */
export const defaultHttp2Limits: Http2Limits = {
  handshakeMs: 10_000,
  maxStreams: 100,
  headerListBytes: 16 * 1024,
  headerBlockBytes: 32 * 1024,
  continuations: 8,
  waitingMessages: 1_000,
  waitingAnswerBytes: 64 * 1024,
  requests: { burst: 200, perSecond: 100 },
  resets: { burst: 200, perSecond: 50 },
  pings: { burst: 2_000, perSecond: 1_000 },
  settings: { burst: 100, perSecond: 10 },
  windowUpdates: { burst: 10_000, perSecond: 5_000 },
  emptyFrames: { burst: 1_000, perSecond: 100 },
};
