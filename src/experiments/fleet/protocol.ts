import type { CallRecord } from '../../verdict/call-record.ts';

/** gRPC reads a bootstrap once a process; with this option of grpc-js-xds, each channel has its own. */
export const bootstrapOption = 'grpc.TEST_ONLY_DO_NOT_USE_IN_PROD.xds_bootstrap_config';

/** One gRPC client of a fleet: a channel, and a stream to its control plane, of its own. */
export interface FleetClient {
  readonly target: string;
  /** Of this client alone; absent: it does not go by xDS. */
  readonly bootstrap?: object | undefined;
  /** Not looked at where the fleet keeps streams. */
  readonly ratePerSecond: number;
}

/** Streams that each client keeps open: one that ends is opened anew at once. */
export interface FleetStreams {
  readonly perClient: number;
  /** How long one lasts by itself; the first ones of a client have any part of it left. */
  readonly lastsMs: number;
  /** Within it the clients begin, one after the other, each stream a little after the one before. */
  readonly beginWithinMs: number;
  readonly seed: number;
}

export interface FleetConfig {
  readonly clients: readonly FleetClient[];
  /** Each client connects within it. */
  readonly withinMs: number;
  /** Of each call. */
  readonly deadlineMs: number;
  /** Instead of calls at a rate; they have no deadline. */
  readonly streams?: FleetStreams | undefined;
}

/** A TCP connection that a fleet opened to `HOST:PORT`. */
export interface FleetConnection {
  readonly peer: string;
  readonly openedAt: number;
}

/** A call, and which of the clients made it. Of a stream, `sentAt` is when its headers came. */
export interface FleetCall extends CallRecord {
  /** Place in the list of clients. */
  readonly client: number;
}

export type FleetOrder =
  /** Answered by `opened`. */
  | { readonly type: 'open'; readonly config: FleetConfig }
  /** All begin to call, one a little after the other, at constant rates whatever the answers do. */
  | { readonly type: 'start' }
  /** Calls in flight are waited for and streams are ended, then `stopped` is sent. */
  | { readonly type: 'stop' };

export type FleetMessage =
  | { readonly type: 'opened'; readonly error?: string | undefined }
  /** Every stream of a fleet that keeps streams has had its first headers. */
  | { readonly type: 'streaming' }
  | { readonly type: 'calls'; readonly calls: readonly FleetCall[] }
  | { readonly type: 'stopped'; readonly connections?: readonly FleetConnection[] };
