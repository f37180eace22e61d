/** Shortest attack that says something. */
const leastSeconds = 0.5;
const mostSeconds = 10;
/** What starting and stopping takes beside an attack, until it has been measured. */
const firstGuessMs = 2_000;

/** Divides a time among runs. */
export class TimeBudget {
  readonly #end: number | undefined;
  #left: number;
  #besideMs = firstGuessMs;

  /** @param totalMs - for all runs; undefined: as long as each is asked for */
  constructor(runs: number, totalMs: number | undefined) {
    this.#left = runs;
    this.#end = totalMs === undefined ? undefined : performance.now() + totalMs;
  }

  /** Runs with its share of what is left, or with what is asked for where there is no end. */
  async spend<T>(asked: number, run: (seconds: number) => Promise<T>): Promise<T> {
    const begun = performance.now();
    const shareMs = ((this.#end ?? begun) - begun) / Math.max(1, this.#left);
    const share = Math.min(Math.max((shareMs - this.#besideMs) / 1_000, leastSeconds), mostSeconds);
    const seconds = this.#end === undefined ? asked : Math.round(share * 10) / 10;
    const result = await run(seconds);
    this.#left -= 1;
    this.#besideMs = (this.#besideMs * 9 + performance.now() - begun - seconds * 1_000) / 10;
    return result;
  }
}
