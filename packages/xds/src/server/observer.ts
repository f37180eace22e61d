import type { Fault } from '../http2/fault.ts';
import type { XdsNode } from '../node.ts';
import type { Variant } from '../stream/response-encoder.ts';

/** One discovery stream, as observers and {@link ClientStatus} name it. */
export interface StreamInfo {
  /** Unique in this process. */
  readonly id: number;
  readonly variant: Variant;
  /** The method's path. */
  readonly path: string;
  /** Address and port of the client. */
  readonly peer: string;
  /** The node of the first request; before it, one without an id. */
  readonly node: XdsNode;
  /** Undefined before the first request. */
  readonly group: string | undefined;
}

/** One request of a stream. */
export interface RequestInfo {
  readonly typeUrl: string;
  readonly bytes: number;
  /** It was written before its sender saw the last response, and is ignored. */
  readonly stale: boolean;
}

/** Why a stream or connection was refused. */
export interface Refusal {
  /**
   * The bound that was reached; `ready`: the gate is closed; `authorization`: the client may not connect; `connections`: its
   * address had had its share while others waited.
   */
  readonly limit: 'sessions' | 'ready' | 'authorization' | 'connections';
  /** Address and port of the client; of `connections` the address alone. */
  readonly peer: string;
  /** For people; of `authorization`. */
  readonly message?: string | undefined;
}

/**
 * Is told what happens on the streams, for logs and metrics. Every method is optional, is called in the same tick, and must
 * not throw.
 */
export interface XdsObserver {
  streamOpened?(stream: StreamInfo): void;
  /** `code` is a gRPC status code; 1 (CANCELLED) where the client or the connection ended the stream. */
  streamClosed?(stream: StreamInfo, end: { readonly code: number; readonly message: string }): void;
  request?(stream: StreamInfo, request: RequestInfo): void;
  response?(
    stream: StreamInfo,
    response: {
      readonly typeUrl: string;
      readonly version: string;
      readonly bytes: number;
      readonly resources: number;
      readonly removed: number;
    },
  ): void;
  ack?(
    stream: StreamInfo,
    ack: { readonly typeUrl: string; readonly version: string; readonly latencyMs: number },
  ): void;
  nack?(
    stream: StreamInfo,
    nack: {
      readonly typeUrl: string;
      readonly version: string;
      /** Some names of what was new in the rejected response. */
      readonly names: readonly string[];
      readonly code: number;
      readonly message: string;
    },
  ): void;
  /** A client asked for a resource that it may not see, and was told that there is none. Once a name, at most 100 a stream. */
  hidden?(stream: StreamInfo, resource: { readonly typeUrl: string; readonly name: string }): void;
  /** A request ended its stream: it was malformed or beyond a limit. */
  invalidRequest?(stream: StreamInfo, error: { readonly code: number; readonly message: string }): void;
  /** A stream or connection was refused. */
  refused?(refusal: Refusal): void;
  /** A client broke a rule or a bound of HTTP/2, and lost a stream or its connection; not of `node:http2`. */
  fault?(fault: Fault & { readonly peer: string }): void;
  /** The server could not take a connection, for example since the process has too many files open. It goes on. */
  serverError?(error: Error): void;
}
