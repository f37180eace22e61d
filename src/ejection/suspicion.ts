import { addCalls, type CallEvidence, noCalls } from './evidence.ts';

/** How far back calls count, milliseconds, where clients call a pod too seldom for one report to be enough. */
const horizonMs = 30_000;
const slotMs = 1_000;

interface Slot {
  readonly at: number;
  readonly calls: CallEvidence;
}

/** Calls to one pod that were heard of since somebody first called it bad, at most 30 s ago. */
export class Suspicion {
  #slots: Slot[] = [];

  add(calls: Readonly<CallEvidence>, now: number): void {
    const last = this.#slots.at(-1);
    if (last !== undefined && now - last.at < slotMs) addCalls(last.calls, calls);
    else this.#slots.push({ at: now, calls: { ...calls } });
  }

  /** All of it that is recent enough, and since when; undefined where nobody calls it bad any more. */
  sum(now: number): { readonly since: number; readonly calls: CallEvidence } | undefined {
    const first = this.#slots.findIndex(({ at, calls }) => now - at <= horizonMs && calls.bad + calls.doubted > 0);
    this.#slots = first === -1 ? [] : this.#slots.slice(first);
    if (first === -1) return undefined;
    const sum = noCalls();
    for (const { calls } of this.#slots) addCalls(sum, calls);
    return { since: this.#slots[0]!.at, calls: sum };
  }
}
