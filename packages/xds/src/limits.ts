/** Bounds on what one client can make the server hold or do. Every value can be set; these are the defaults. */
export interface XdsLimits {
  /**
   * Connections at once. Where one more comes, one without a stream goes; where all have one, one of the address that has
   * more than its share, or the new one. Default 20,000.
   */
  readonly sessions: number;
  /** HTTP/2 streams at once on a connection (SETTINGS_MAX_CONCURRENT_STREAMS). Default 100. */
  readonly streamsPerSession: number;
  /** Bytes of one request message; a larger one ends the stream with RESOURCE_EXHAUSTED. Default 4 MiB, as in gRPC. */
  readonly requestBytes: number;
  /** Bytes of the encoded node in a request, metadata included; Envoy 1.40 has 61 kB of it. Default 128 KiB. */
  readonly nodeBytes: number;
  /** Names that one stream may subscribe to, over all types. Default 20,000. */
  readonly namesPerStream: number;
  /** Bytes of one resource name. Default 4 KiB. */
  readonly nameBytes: number;
  /** Bytes of a type URL, a nonce, and a version that a client says it has. Default 1 KiB. */
  readonly stringBytes: number;
  /** Bytes that are kept of the text of a NACK; what is longer is cut. Default 4 KiB. */
  readonly nackBytes: number;
  /** Bytes of the names that one stream may subscribe to, over all types. Default 16 MiB. */
  readonly nameBytesPerStream: number;
  /** Resource types that one stream may ask for. Default 32. */
  readonly typesPerStream: number;
  /**
   * Bytes after which a response is split where the protocol allows it (endpoints, routes, all of delta). A single
   * resource may be larger. gRPC clients take 4 MiB by default. Default 2 MiB.
   */
  readonly responseBytes: number;
  /** Megabytes that Node may hold for one connection of a mounted server (`maxSessionMemory` of `node:http2`). Default 10. */
  readonly sessionMemoryMb: number;
  /** Bytes of request headers. Default 16 KiB. */
  readonly headerBytes: number;
}

/** The limits that are in force where none is given. */
export const defaultLimits: XdsLimits = {
  sessions: 20_000,
  streamsPerSession: 100,
  requestBytes: 4 * 1024 * 1024,
  nodeBytes: 128 * 1024,
  namesPerStream: 20_000,
  nameBytes: 4 * 1024,
  stringBytes: 1024,
  nackBytes: 4 * 1024,
  nameBytesPerStream: 16 * 1024 * 1024,
  typesPerStream: 32,
  responseBytes: 2 * 1024 * 1024,
  sessionMemoryMb: 10,
  headerBytes: 16 * 1024,
};
