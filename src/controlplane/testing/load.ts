/** Makes one call; resolves with who answered. */
export interface Caller {
  call(name: string): Promise<string>;
}

/** Calls that go on, one after the other, whatever else happens. */
export class Load {
  #failures: unknown[] = [];
  #stopped = false;
  #answered: string[] = [];
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined;
  readonly #done: Promise<void>;

  /** @param name - what stands behind `xds:///`, or the host that a proxy is asked for */
  constructor(client: Caller, name: string) {
    this.#done = this.#run(client, name);
  }

  /** Resolves with the backends that answered the next `count` calls. */
  async next(count: number): Promise<Set<string>> {
    this.#answered = [];
    await new Promise<void>((resolve) => {
      this.#waiting = { count, resolve };
    });
    return new Set(this.#answered);
  }

  /** Resolves once `count` calls in a row were answered by all of these backends and no other. */
  async until(backends: readonly string[], count = 20): Promise<void> {
    const wanted = new Set(backends);
    while ((await this.next(count)).symmetricDifference(wanted).size > 0);
  }

  /** Ends the calls; resolves with the errors of those that failed. */
  async stop(): Promise<unknown[]> {
    this.#stopped = true;
    await this.#done;
    return this.#failures;
  }

  async #run(client: Caller, name: string): Promise<void> {
    while (!this.#stopped) {
      const backend = await client.call(name).catch((error: unknown) => {
        this.#failures.push(error);
        return 'failed';
      });
      this.#answered.push(backend);
      if (this.#waiting !== undefined && this.#answered.length >= this.#waiting.count) {
        const { resolve } = this.#waiting;
        this.#waiting = undefined;
        resolve();
      }
    }
  }
}
