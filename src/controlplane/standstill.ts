import { type Clock, systemClock } from '../base/clock.ts';
import { processCpuMs } from '../base/cpu-time.ts';

export interface StandstillOptions {
  /** The process did not run for so long; called once it does again. */
  readonly happened: (ms: number) => void;
  /** Longer than a busy process lets a timer wait. Default 5,000. */
  readonly toleranceMs?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Processor time that the process has used; default: the system's count. */
  readonly cpuMs?: (() => number) | undefined;
}

const defaultToleranceMs = 5_000;

/**
 * Notices afterwards that the process was not run: it was stopped (SIGSTOP), or its node stood still. A timer that comes late
 * while the process worked all the time is a busy process, which is no standstill.
 */
export class Standstill {
  readonly #options: StandstillOptions;
  readonly #clock: Clock;
  readonly #toleranceMs: number;
  readonly #cpuMs: () => number;
  #cancel: () => void = () => {};

  constructor(options: StandstillOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#toleranceMs = options.toleranceMs ?? defaultToleranceMs;
    this.#cpuMs = options.cpuMs ?? processCpuMs;
  }

  start(): void {
    const [at, usedMs] = [this.#clock.now(), this.#cpuMs()];
    const intervalMs = this.#toleranceMs / 5;
    this.#cancel = this.#clock.after(intervalMs, () => {
      const lateMs = this.#clock.now() - at - intervalMs;
      if (lateMs > this.#toleranceMs && this.#cpuMs() - usedMs < lateMs / 2) this.#options.happened(lateMs);
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }
}
