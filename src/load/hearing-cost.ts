import { processCpuMs } from '../base/cpu-time.ts';

/** Of how many reports one is measured: asking for the time costs some microseconds as well. */
const measuredOf = 8;
/** How much one of them counts in the average. */
const weight = 1 / 200;
/** A whole report, of which its counting and judging is a part: the rest is its way here and being read (bench/reports). */
const wholeOfPart = 2.5;

/** What hearing a report costs here, as far as it was measured: machines differ, and a busy one is slower than it was. */
export class HearingCost {
  readonly #cpuMs: () => number;
  #heard = 0;
  #partMs = 0;

  constructor(cpuMs: () => number = processCpuMs) {
    this.#cpuMs = cpuMs;
  }

  /** CPU that one report takes, milliseconds; begins at 0 and comes near the truth with thousands of reports. */
  get reportMs(): number {
    return this.#partMs * wholeOfPart;
  }

  /** Counts and judges a report by calling `hear`. */
  measure<Result>(hear: () => Result): Result {
    this.#heard += 1;
    if (this.#heard % measuredOf !== 0) return hear();
    const before = this.#cpuMs();
    const result = hear();
    this.#partMs += (this.#cpuMs() - before - this.#partMs) * weight;
    return result;
  }
}
