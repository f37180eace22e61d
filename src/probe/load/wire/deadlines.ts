import type { WireCall } from './call.ts';

/** Calls by when they expire: all have the same deadline, so the oldest is the next. One timer for all of them. */
export class Deadlines {
  readonly #calls = new Set<WireCall>();
  readonly #onExpired: (call: WireCall) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onExpired: (call: WireCall) => void) {
    this.#onExpired = onExpired;
  }

  add(call: WireCall): void {
    this.#calls.add(call);
    this.#timer ??= this.#arm(call.expiresAt);
  }

  /** @returns whether it was still open */
  delete(call: WireCall): boolean {
    return this.#calls.delete(call);
  }

  /** Forgets all; what was open is returned. */
  clear(): WireCall[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const open = [...this.#calls];
    this.#calls.clear();
    return open;
  }

  #arm(at: number): NodeJS.Timeout {
    return setTimeout(() => this.#expire(), Math.max(1, Math.ceil(at - performance.now())));
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const call of this.#calls) {
      if (call.expiresAt > now) {
        this.#timer ??= this.#arm(call.expiresAt);
        return;
      }
      this.#calls.delete(call);
      this.#onExpired(call);
    }
  }
}
