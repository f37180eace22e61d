import type { AnswerSample, Identifier } from '../identify/identify.ts';

/**
 * Told once for each call that was begun.
 *
 * @param status - gRPC status name; HTTP: `OK` below 400, else `HTTP_503`, or the system's word (`ECONNREFUSED`)
 * @param who - the backend, as the identifier in force finds it
 * @param peer - `HOST:PORT` of the connection
 */
export type Done = (status: string, who: string | undefined, peer: string | undefined, error?: string) => void;

/** What makes calls: real clients (channel), or as little as can be (wire). */
export interface Engine {
  /** As the report names it. */
  readonly name: 'channel' | 'wire' | 'http';
  /** Begins one call; never throws, calls `done` once, later. */
  call(done: Done): void;
  /** Makes one call and keeps everything of its answer that could tell who gave it. */
  sample(): Promise<{ readonly status: string; readonly error?: string | undefined; readonly answer: AnswerSample }>;
  /** From now on calls tell `who` by it. */
  identifyBy(identifier: Identifier): void;
  /** Closes all connections; calls in flight end. */
  close(): void;
}
