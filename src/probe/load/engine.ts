import type { AnswerSample, Identifier } from '../identify/identify.ts';

/**
 * Called once for each call that was begun.
 *
 * @param status - gRPC status name; HTTP: `OK` below 400, else `HTTP_503`, or the system's word (`ECONNREFUSED`)
 * @param who - the backend, as the identifier in force finds it; of a failed call too, where its answer names one
 * @param peer - `HOST:PORT` of the connection
 * @param held - only where the call had to wait in this program
 * @param endedAt - `performance.now()`, where somebody on the way has just asked for it
 */
export type Done = (
  status: string,
  who: string | undefined,
  peer: string | undefined,
  error?: string,
  held?: Held,
  endedAt?: number,
) => void;

/** A call that waited in this program before it was sent. */
export interface Held {
  /**
   * What it waited for:
   *
   * - `connection`: all connections that it may use were taken (HTTP/1.1 takes one call at a time)
   * - `stream`: the server takes no more calls at a time on a connection (SETTINGS_MAX_CONCURRENT_STREAMS, RFC 9113 5.1.2)
   * - `window`: the server takes no more bytes (flow control, RFC 9113 5.2)
   *
   * A connection that cannot be made is none of these: that is a failure of the target.
   */
  readonly for: 'connection' | 'stream' | 'window';
  /** When it left, on the clock of `performance.now()`; undefined: it never did, so it is no failure of the target. */
  readonly leftAt: number | undefined;
}

/** What makes calls: real clients (channel), or as little as can be (wire). */
export interface Engine {
  /** As the report names it. */
  readonly name: 'channel' | 'wire' | 'http';
  /** The most connections that were open at a time, where calls decide how many there are. */
  readonly mostConnections?: number;
  /** Calls so far that waited inside of the client for a stream, where it does not say which (see {@link Held}). */
  readonly streamWaits?: number;
  /**
   * Begins one call; never throws, calls `done` once, later.
   *
   * @param now - `performance.now()`, where the caller has just asked for it
   */
  call(done: Done, now?: number): void;
  /** Makes one call and keeps everything of its answer that could tell who gave it. */
  sample(): Promise<{ readonly status: string; readonly error?: string | undefined; readonly answer: AnswerSample }>;
  /** From now on calls tell `who` by it. */
  identifyBy(identifier: Identifier): void;
  /** From now on calls have this header beside those of the engine, and this deadline. */
  mark?(header: readonly [name: string, value: string], deadlineMs: number): void;
  /** Closes all connections; calls in flight end. */
  close(): void;
}
