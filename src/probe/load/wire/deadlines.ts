import type { WireCall } from './call.ts';

/** Calls by when they expire: all have the same deadline, so the oldest is the next. One timer for all of them. */
export class Deadlines {
  readonly #onExpired: (call: WireCall) => void;
  #oldest: WireCall | undefined;
  #newest: WireCall | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(onExpired: (call: WireCall) => void) {
    this.#onExpired = onExpired;
  }

  add(call: WireCall): void {
    call.isOpen = true;
    call.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = call;
    else this.#newest.newer = call;
    this.#newest = call;
    this.#timer ??= this.#arm(call.expiresAt);
  }

  /** @returns whether it was still open */
  delete(call: WireCall): boolean {
    if (!call.isOpen) return false;
    const { older, newer } = call;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    call.isOpen = false;
    call.older = undefined;
    call.newer = undefined;
    return true;
  }

  /** Forgets all; what was open is returned. */
  clear(): WireCall[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const open: WireCall[] = [];
    for (let call = this.#oldest; call !== undefined; call = this.#oldest) {
      open.push(call);
      this.delete(call);
    }
    return open;
  }

  #arm(at: number): NodeJS.Timeout {
    return setTimeout(() => this.#expire(), Math.max(1, Math.ceil(at - performance.now())));
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (let call = this.#oldest; call !== undefined; call = this.#oldest) {
      if (call.expiresAt > now) {
        this.#timer ??= this.#arm(call.expiresAt);
        return;
      }
      this.delete(call);
      this.#onExpired(call);
    }
  }
}
