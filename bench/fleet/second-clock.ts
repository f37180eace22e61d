import type { Clock } from '../../src/base/clock.ts';

/** A clock that moves by whole seconds, when told to: for tens of thousands of timers whose order within one does not matter. */
export class SecondClock implements Clock {
  #second = 0;
  readonly #due = new Map<number, Set<() => void>>();

  now(): number {
    return this.#second * 1000;
  }

  after(delayMs: number, callback: () => void): () => void {
    const second = this.#second + Math.max(1, Math.ceil(delayMs / 1000));
    const timer = (): void => callback();
    const timers = this.#due.get(second) ?? new Set();
    this.#due.set(second, timers.add(timer));
    return () => timers.delete(timer);
  }

  tick(): void {
    this.#second += 1;
    for (const timer of this.#due.get(this.#second) ?? []) timer();
    this.#due.delete(this.#second);
  }
}
