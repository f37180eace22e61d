import type { Held } from '../engine.ts';
import type { WireCall } from './call.ts';

/** Calls that wait on their connection until the server takes one more; the oldest is the next. */
export class WaitingCalls {
  readonly #calls = new Set<WireCall>();

  get size(): number {
    return this.#calls.size;
  }

  add(call: WireCall, reason: Held['for']): void {
    call.held = { for: reason, leftAt: undefined };
    this.#calls.add(call);
  }

  delete(call: WireCall): void {
    this.#calls.delete(call);
  }

  /** Sends them in order, as long as one more is taken. */
  send(takesCall: () => boolean, send: (call: WireCall) => void): void {
    for (const call of this.#calls) {
      if (!takesCall()) return;
      const now = performance.now();
      // Its time is over: it ends where it is, it has not been sent.
      if (call.expiresAt <= now) continue;
      this.#calls.delete(call);
      if (call.held !== undefined) call.held = { ...call.held, leftAt: now };
      send(call);
    }
  }

  /** Takes all out: what they wait for from here on is a connection, and that is the target's to give. */
  release(): WireCall[] {
    const released = [...this.#calls];
    this.#calls.clear();
    for (const call of released) {
      call.held = undefined;
      call.holder = undefined;
    }
    return released;
  }
}
