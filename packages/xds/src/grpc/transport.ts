import type { PeerCertificate } from 'node:tls';
import type { Account } from '../memory/account.ts';

// What the gRPC code needs of HTTP/2. Two transports offer it: the library's own (http2/) and Node's (node-transport.ts),
// for servers that belong to the caller.

/** Who is at the other end of a connection. */
export interface Peer {
  /** Address and port, as `127.0.0.1:50000` or `[::1]:50000`. */
  readonly address: string;
  /**
   * The client's certificate, where the connection has TLS and the certificate was verified against the server's
   * authorities; otherwise undefined.
   */
  readonly certificate: PeerCertificate | undefined;
}

/** One connection of a client. */
export interface GrpcConnection {
  readonly peer: Peer;
  /** What the client makes the server hold is charged here. */
  readonly account: Account;
  readonly isClosed: boolean;
  /** Streams that are open. */
  readonly streams: number;
  /** Streams that there have ever been. */
  readonly streamsEver: number;
  /** Whether what its client sent is to be dealt with later, as others have their turn. */
  readonly isFull: boolean;
  /** Does the rest of the work of this turn in the next one, before anything else is read. */
  defer(work: () => void): void;
  /** Asks the client to go (GOAWAY): no new streams; the connection ends with its last stream. */
  goAway(): void;
  /** Cuts the connection. */
  destroy(): void;
  /** Asks for a sign of life. */
  ping(answered: () => void): void;
  /** Calls the listener once, when the connection is over. */
  onClose(listener: () => void): void;
}

/** Names are lower case; a name that came more than once has its values joined by `, `. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

export type ResponseHeaders = Readonly<Record<string, string>>;

/** What a stream reports. Nothing comes after `closed`. */
export interface StreamListener {
  data(chunk: Buffer): void;
  /** The client will send no more. */
  ended(): void;
  /** The stream takes more again. */
  writable(): void;
  closed(): void;
}

/** One stream of a connection: a request and its answer. */
export interface GrpcStream {
  readonly headers: RequestHeaders;
  readonly connection: GrpcConnection;
  /** Whether neither side has broken it off. */
  readonly isOpen: boolean;
  /** Whether what is written leaves, rather than being held in memory. */
  readonly isWritable: boolean;
  /** Answers with headers and begins to read. */
  accept(headers: ResponseHeaders, listener: StreamListener): void;
  /** Sends bytes, which may be shared with other streams and have to stay as they are. */
  write(bytes: Uint8Array): void;
  /** Sends trailers after everything that was written. */
  end(trailers: ResponseHeaders): void;
  /** Answers with headers, and a body for people, instead of accepting. */
  refuse(headers: ResponseHeaders, body?: string): void;
}

/** How long a client may take to end its side of a stream that the server has ended; then the stream is reset. */
export const lingerMs = 1_000;
