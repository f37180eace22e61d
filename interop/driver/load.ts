import { emptyTally, type Tally } from './tally.ts';

/** Calls that go on until they are stopped; the tally grows with every report of the client. */
export class Load {
  tally: Tally = emptyTally;
  readonly #sendStop: () => void;
  readonly #done = Promise.withResolvers<Tally>();
  #watchers = new Set<() => void>();

  constructor(sendStop: () => void) {
    this.#sendStop = sendStop;
    // Whoever stops the load sees the failure; nobody may be waiting yet when the client breaks.
    this.#done.promise.catch(() => {});
  }

  /** A report of the client came in. */
  update(tally: Tally, done: boolean): void {
    this.tally = tally;
    if (done) this.#done.resolve(tally);
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** The client is gone. */
  broke(error: Error): void {
    this.#done.reject(error);
  }

  /**
   * Waits for the reports to say something.
   *
   * @returns milliseconds that it took, or undefined if it had not come true in time
   */
  until(test: (tally: Tally) => boolean, timeoutMs: number): Promise<number | undefined> {
    const started = performance.now();
    return new Promise((resolve) => {
      const finish = (result: number | undefined): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve(result);
      };
      const timer = setTimeout(() => finish(undefined), timeoutMs);
      const check = (): void => {
        if (test(this.tally)) finish(performance.now() - started);
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** Ends the load; resolves with the final tally once the last call has ended. */
  stop(): Promise<Tally> {
    this.#sendStop();
    return this.#done.promise;
  }
}
