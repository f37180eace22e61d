import type { CallRecord } from '../../verdict/call-record.ts';
import type { Scheme } from '../schemes/schemes.ts';

/** What a client process is told to be; sent once, before anything else. */
export interface ClientConfig {
  readonly scheme: Scheme;
  /** As {@link import('../fixture.ts').Target}. */
  readonly target: string;
  readonly channelOptions: Readonly<Record<string, string | number>>;
  /** gRPC's own retries of calls that no server has looked at (gRFC A6, "Transparent Retries"); default off. */
  readonly retries?: boolean | undefined;
}

/** One series of calls, made at a constant rate whatever the answers do (open loop). */
export interface RunOrder {
  /** The calls are marked with it (`evenkeel-run`). */
  readonly run: string;
  readonly ratePerSecond: number;
  /** Of each call, from when it is sent. */
  readonly deadlineMs: number;
  /** Ends after so many calls; absent: at `withinMs`, or when told to. */
  readonly calls?: number | undefined;
  /** Ends as soon as each of these has answered, or anyone has without saying who. */
  readonly untilAnswered?: readonly string[] | undefined;
  /** Begins no call later than this after the first. */
  readonly withinMs?: number | undefined;
}

export type Order =
  | { readonly type: 'configure'; readonly config: ClientConfig }
  /** Makes a new client and connects it; whatever client there was is closed. Answered by `opened`. */
  | { readonly type: 'open'; readonly withinMs: number }
  | { readonly type: 'run'; readonly order: RunOrder }
  /** Ends the run; calls in flight are waited for. */
  | { readonly type: 'stop' }
  /** Ends the process. */
  | { readonly type: 'end' };

export interface RunEnd {
  readonly run: string;
  readonly calls: number;
  /** TCP connections to the peers of the run's answered calls that were open at some time during the run. */
  readonly connections: number;
  /** When connections to these peers were opened during the run, in the order of time. */
  readonly opened: readonly number[];
  /** Processor time that the client process took during the run. */
  readonly cpuMs: number;
}

export type Message =
  /** Modules are loaded; a `configure` is awaited or done. */
  | { readonly type: 'configured' }
  /** `error` is absent where the client is connected. */
  | { readonly type: 'opened'; readonly error?: string | undefined }
  | { readonly type: 'calls'; readonly calls: readonly CallRecord[] }
  | { readonly type: 'ended'; readonly end: RunEnd };
