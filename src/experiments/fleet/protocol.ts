import type { CallRecord } from '../../verdict/call-record.ts';

/** One gRPC client of a fleet: a channel, and a stream to its control plane, of its own. */
export interface FleetClient {
  readonly target: string;
  /** Of this client alone; absent: it does not go by xDS. */
  readonly bootstrap?: object | undefined;
  readonly ratePerSecond: number;
}

export interface FleetConfig {
  readonly clients: readonly FleetClient[];
  /** Each client connects within it. */
  readonly withinMs: number;
  /** Of each call. */
  readonly deadlineMs: number;
  /** Variables of the process beside those of this one. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A call, and which of the clients made it. */
export interface FleetCall extends CallRecord {
  /** Place in the list of clients. */
  readonly client: number;
}

export type FleetOrder =
  /** Answered by `opened`. */
  | { readonly type: 'open'; readonly config: FleetConfig }
  /** All begin to call, one a little after the other, at constant rates whatever the answers do. */
  | { readonly type: 'start' }
  /** Calls in flight are waited for, then `stopped` is sent. */
  | { readonly type: 'stop' };

export type FleetMessage =
  | { readonly type: 'opened'; readonly error?: string | undefined }
  | { readonly type: 'calls'; readonly calls: readonly FleetCall[] }
  | { readonly type: 'stopped' };
