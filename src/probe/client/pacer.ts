import { type Clock, systemClock } from '../../base/clock.ts';

/**
 * A timer cannot fire more finely than this, so a call released up to so many milliseconds after its time counts as on
 * time. Whatever is beyond that counts towards the call's latency: a stalled client must not look fast (open loop).
 */
export const timerResolutionMs = 2;

/** Calls in flight beyond which none is released; the wait counts towards the latency of the calls that wait. */
export const maxInFlight = 1000;

export interface Pace {
  readonly ratePerSecond: number;
  /** Ends after so many releases; default: never by itself. */
  readonly calls?: number | undefined;
  /** Releases nothing that is due later than this after the start; default: no bound. */
  readonly withinMs?: number | undefined;
}

/**
 * Releases calls at a constant rate, whatever their answers do.
 *
 * @param release - makes one call that was due at `dueAt` (the clock's milliseconds); resolves when it has ended
 */
export class Pacer {
  readonly #pace: Pace;
  readonly #release: (dueAt: number) => Promise<void>;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #finished = Promise.withResolvers<number>();
  #released = 0;
  #inFlight = 0;
  #stopped = false;
  #cancelTimer: () => void = () => {};

  constructor(pace: Pace, release: (dueAt: number) => Promise<void>, clock: Clock = systemClock) {
    this.#pace = pace;
    this.#release = release;
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  /** Resolves with the number of calls once no more will be released and all have ended. */
  run(): Promise<number> {
    this.#releaseDue();
    return this.#finished.promise;
  }

  /** Releases nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#finishIfDone();
  }

  #dueAt(index: number): number {
    return this.#startedAt + (index * 1000) / this.#pace.ratePerSecond;
  }

  #isOver(): boolean {
    const { calls = Number.POSITIVE_INFINITY, withinMs = Number.POSITIVE_INFINITY } = this.#pace;
    return this.#stopped || this.#released >= calls || this.#dueAt(this.#released) > this.#startedAt + withinMs;
  }

  #releaseDue(): void {
    this.#cancelTimer();
    while (!this.#isOver() && this.#inFlight < maxInFlight) {
      const now = this.#clock.now();
      const due = this.#dueAt(this.#released);
      if (due > now) {
        this.#cancelTimer = this.#clock.after(Math.ceil(due - now), () => this.#releaseDue());
        return;
      }
      this.#released += 1;
      this.#inFlight += 1;
      const dueAt = Math.max(due, Math.min(now, due + timerResolutionMs));
      void this.#release(dueAt).finally(() => {
        const wasFull = this.#inFlight === maxInFlight;
        this.#inFlight -= 1;
        if (wasFull) this.#releaseDue();
        this.#finishIfDone();
      });
    }
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    if (this.#isOver() && this.#inFlight === 0) this.#finished.resolve(this.#released);
  }
}
