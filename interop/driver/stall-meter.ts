const intervalMs = 20;

/** Measures how long this process was not let run, which on a busy machine can be longer than a call's deadline. */
export class StallMeter {
  #longestMs = 0;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#longestMs = Math.max(this.#longestMs, now - last - intervalMs);
      last = now;
    }, intervalMs);
    this.#timer.unref();
  }

  /** The longest standstill in milliseconds since this was last asked. */
  take(): number {
    const longest = this.#longestMs;
    this.#longestMs = 0;
    return longest;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
