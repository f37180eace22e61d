/** Only there to end a test that would wait for ever. */
const patienceMs = 60_000;

/** Lets tests wait until something holds that is looked at whenever something has happened. */
export class Waiting {
  #waiting: (() => void)[] = [];

  /** Something has happened. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves once `holds` does, now or later; rejects after a minute, with what was waited for and what `seen` says then. */
  async until(what: string, holds: () => boolean, seen: () => string): Promise<void> {
    let expired = false;
    const timer = setTimeout(() => {
      expired = true;
      this.wake();
    }, patienceMs);
    try {
      while (!holds()) {
        if (expired) throw new Error(`waited in vain until ${what}; ${seen()}`);
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
