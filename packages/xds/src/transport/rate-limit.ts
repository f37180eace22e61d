import type { Rate } from './limits.ts';

/** A bucket that empties with every use and fills with time. */
export class RateLimit {
  readonly #rate: Rate;
  #left: number;
  #filledAtMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes one, even where there is none; for how many milliseconds the next one should wait. */
  takeAnyway(nowMs: number): number {
    const taken = this.take(nowMs);
    if (!taken) this.#left -= 1;
    return this.#left >= 0 ? 0 : (-this.#left / this.#rate.perSecond) * 1000;
  }

  /** Takes one; false where there is none. */
  take(nowMs: number): boolean {
    const { burst, perSecond } = this.#rate;
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#filledAtMs) / 1000) * perSecond);
    this.#filledAtMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
