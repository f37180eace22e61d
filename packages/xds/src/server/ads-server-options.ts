import type { XdsCache } from '../cache/xds-cache.ts';
import type { Clock } from '../clock.ts';
import type { Peer } from '../grpc/transport.ts';
import type { XdsLimits } from '../limits.ts';
import type { MemoryLimits } from '../memory/memory-budget.ts';
import type { XdsNode } from '../node.ts';
import type { ResourceErrors } from '../stream/resource-errors.ts';
import type { ResourceFilter } from '../stream/restricted-view.ts';
import type { Http2Limits } from '../transport/limits.ts';
import type { RequestInfo, StreamInfo, XdsObserver } from './observer.ts';

/** What an {@link AdsServer} is made of; only the cache is required. */
export interface AdsServerOptions {
  readonly cache: XdsCache;
  /**
   * Group of a node, which decides what it sees. Called once a stream. What it throws ends the stream: a GrpcError, such
   * as PERMISSION_DENIED, with its status. Default: everybody is in the group `''`.
   */
  readonly group?: ((node: XdsNode, peer: Peer) => string) | undefined;
  /**
   * Why a client may not connect, for the observer; undefined where it may. Called once a connection, with TLS after the
   * handshake. Default: everybody may.
   */
  readonly authorize?: ((peer: Peer) => string | undefined) | undefined;
  /**
   * Which resources a client may see; the others do not exist for it. Called once a stream. Default, and where it returns
   * undefined: all of them.
   */
  readonly access?: ((node: XdsNode, peer: Peer) => ResourceFilter | undefined) | undefined;
  /**
   * Which clients are told why they are not given what they ask for (`resource_errors` of xRFC TP3 and gRFC A88), and why that is. No
   * client says in the protocol whether it reads that. Called once a stream. Default, and where it returns undefined: it is not told.
   */
  readonly resourceErrors?: ((node: XdsNode, peer: Peer) => ResourceErrors | undefined) | undefined;
  /** Called before a stream is served. What it throws ends the stream: a {@link GrpcError} with its status. */
  readonly onStream?: ((stream: StreamInfo, peer: Peer) => void) | undefined;
  /** Called with every request before it is answered. What it throws ends the stream: a {@link GrpcError} with its status. */
  readonly onRequest?: ((stream: StreamInfo, request: RequestInfo) => void) | undefined;
  /** Whether streams are served from the start; see {@link AdsServer.setReady}. Default true. */
  readonly ready?: boolean | undefined;
  readonly limits?: Partial<XdsLimits> | undefined;
  /** How much all clients together, and one connection, may make the server hold. Default: by the memory of the process. */
  readonly memory?: Partial<MemoryLimits> | undefined;
  /**
   * Bounds of a connection of `listen` and `acceptSocket`; `maxStreams` and `headerListBytes` come from
   * {@link AdsServerOptions.limits}. Default: {@link defaultHttp2Limits}.
   */
  readonly http2?: Partial<Omit<Http2Limits, 'maxStreams' | 'headerListBytes'>> | undefined;
  /** Changes within this time after one that was sent are sent together at its end; the first is sent at once. Default 25. */
  readonly coalesceMs?: number | undefined;
  /** A connection is asked to go at this age, ±10 %, so that clients spread over replicas. Default 0: never. */
  readonly maxConnectionAgeMs?: number | undefined;
  /** Interval of HTTP/2 pings to the clients; one that has not answered by the next is cut. Default 30,000; 0: none. */
  readonly keepaliveMs?: number | undefined;
  /** How long a connection that was asked to go may take before it is cut. Default 5,000. */
  readonly graceMs?: number | undefined;
  /** Sent in every response as `control_plane.identifier`. Default: nothing. */
  readonly identifier?: string | undefined;
  readonly observer?: XdsObserver | undefined;
  readonly clock?: Clock | undefined;
}
