/** One call as the client saw it. Times are `performance.timeOrigin + performance.now()` in milliseconds. */
export interface CallRecord {
  /** When it was due, or as much later as a timer cannot help. Latency counts from here. */
  readonly dueAt: number;
  readonly sentAt: number;
  readonly endedAt: number;
  /** gRPC status name; for HTTP `OK`, `HTTP_503`, `DEADLINE_EXCEEDED` or the system's word (`ECONNREFUSED`). */
  readonly status: string;
  /** Who answered; absent where the answer did not say or there was none. */
  readonly pod?: string | undefined;
  /** `HOST:PORT` that the call went to, where it got that far. */
  readonly peer?: string | undefined;
  /** The error's own words. */
  readonly error?: string | undefined;
}
