/** How long a container that ended waits for its restart. */
export interface RestartBackoffOptions {
  /** Wait before the second restart; default 1000 (Kubernetes: 10 000). The first restart comes at once. */
  readonly initialMs?: number | undefined;
  /** Longest wait; default 60 000 (Kubernetes: 300 000). */
  readonly maxMs?: number | undefined;
  /** A process that ran this long starts the sequence anew; default 60 000 (Kubernetes: 600 000). */
  readonly resetAfterMs?: number | undefined;
}

/** 0, 1 s, 2 s, 4 s … 60 s: the waits of a container that keeps ending. */
export class RestartBackoff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #resetAfterMs: number;
  #failures = 0;

  constructor({ initialMs = 1000, maxMs = 60_000, resetAfterMs = 60_000 }: RestartBackoffOptions = {}) {
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
    this.#resetAfterMs = resetAfterMs;
  }

  /** Wait before the next start, for a process that ended after `ranMs`. */
  next(ranMs: number): number {
    if (ranMs >= this.#resetAfterMs) this.#failures = 0;
    const waitMs = this.#failures === 0 ? 0 : Math.min(this.#maxMs, this.#initialMs * 2 ** (this.#failures - 1));
    this.#failures += 1;
    return waitMs;
  }
}
