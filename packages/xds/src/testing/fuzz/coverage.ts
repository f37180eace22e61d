import { type Profiler, Session } from 'node:inspector';

/** Which code has run, by V8's own counting of blocks; one at a time in a process. */
export class BlockCoverage {
  readonly #session = new Session();
  readonly #isOfInterest: (url: string) => boolean;
  /** By function: for each of its characters whether it has run. */
  readonly #seen = new Map<string, Uint8Array>();
  #seenCharacters = 0;

  /** @param isOfInterest - whether what is in this file counts */
  constructor(isOfInterest: (url: string) => boolean) {
    this.#isOfInterest = isOfInterest;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Characters of code that have ever run. */
  get characters(): number {
    return this.#seenCharacters;
  }

  /** What has run since it was asked last. */
  since(): Profiler.FunctionCoverage[] {
    let functions: Profiler.FunctionCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error;
      functions = result.flatMap(({ url, functions: own }) => {
        const ran = own.filter(({ ranges }) => ranges[0]!.count > 0);
        return this.#isOfInterest(url)
          ? ran.map((one) => ({ ...one, functionName: `${url} ${one.functionName}` }))
          : [];
      });
    });
    return functions;
  }

  /**
   * How much of it has never run before.
   *
   * @param remember - whether it has from now on
   */
  fresh(functions: readonly Profiler.FunctionCoverage[], remember: boolean): number {
    let fresh = 0;
    for (const { functionName, ranges } of functions) {
      const [{ startOffset, endOffset }] = ranges as [Profiler.CoverageRange];
      const key = `${functionName} ${startOffset}`;
      const ran = new Uint8Array(endOffset - startOffset);
      // What is inside comes after what it is in.
      for (const range of ranges) {
        ran.fill(range.count > 0 ? 1 : 0, range.startOffset - startOffset, range.endOffset - startOffset);
      }
      const seen = this.#seen.get(key) ?? new Uint8Array(ran.length);
      for (let at = 0; at < ran.length; at++) {
        if (ran[at] === 0 || seen[at] === 1) continue;
        fresh += 1;
        if (remember) seen[at] = 1;
      }
      if (remember) this.#seen.set(key, seen);
    }
    if (remember) this.#seenCharacters += fresh;
    return fresh;
  }

  stop(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }
}
