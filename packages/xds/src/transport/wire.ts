import type { GrpcConnection, Peer } from '../grpc/transport.ts';
import type { Fault } from '../http2/fault.ts';
import type { Http2Stream } from './stream.ts';

/** The bytes below a connection: a socket, or a test. */
export interface Wire {
  readonly peer: Peer;
  /** Whether it sends what is written, rather than holding it in memory. */
  readonly takesMore: boolean;
  /** Bytes that it takes itself, for TLS for example, as long as it is there. */
  readonly heldBytes: number;
  write(bytes: Uint8Array): void;
  /** What is written from here to `uncork` leaves together. */
  cork(): void;
  uncork(): void;
  /** Reads no more until it is resumed: nothing is received meanwhile but what has been read. */
  pause(): void;
  resume(): void;
  /** Nothing will be written any more. */
  end(): void;
  /** Cuts it off. */
  destroy(): void;
}

/** What a connection tells its server. */
export interface ConnectionOwner {
  request(stream: Http2Stream): void;
  fault(connection: GrpcConnection, fault: Fault): void;
}
