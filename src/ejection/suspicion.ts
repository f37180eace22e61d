import { addEvidence, type Evidence, noEvidence } from './evidence.ts';

/** How far back calls count, milliseconds, where clients call a pod too seldom for one report to be enough. */
const horizonMs = 30_000;
const slotMs = 1_000;

interface Slot {
  readonly at: number;
  evidence: Evidence;
}

/** What was heard of one pod since somebody first called it bad, at most 30 s ago. */
export class Suspicion {
  #slots: Slot[] = [];

  add(evidence: Evidence, now: number): void {
    const last = this.#slots.at(-1);
    if (last !== undefined && now - last.at < slotMs) last.evidence = addEvidence(last.evidence, evidence);
    else this.#slots.push({ at: now, evidence });
  }

  /** All of it that is recent enough; undefined where nobody calls it bad any more. */
  sum(now: number): Evidence | undefined {
    const first = this.#slots.findIndex(
      ({ at, evidence }) => now - at <= horizonMs && evidence.bad + evidence.doubted > 0,
    );
    this.#slots = first === -1 ? [] : this.#slots.slice(first);
    return first === -1 ? undefined : this.#slots.map((slot) => slot.evidence).reduce(addEvidence, noEvidence);
  }
}
