/** What became of one call. */
export interface Outcome {
  /** As `CallRecord.status`. */
  readonly status: string;
  readonly pod?: string | undefined;
  readonly peer?: string | undefined;
  readonly error?: string | undefined;
}

/** A client of one scheme, made new by each `open` order. */
export interface Caller {
  /** Resolves once calls can be made; rejects with the reason after `withinMs`. */
  connect(withinMs: number): Promise<void>;
  /** Makes one call marked with `run`; never rejects. */
  call(run: string, deadlineMs: number): Promise<Outcome>;
  /** Closes its connections. */
  close(): void;
}
