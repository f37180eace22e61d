import type { Clock } from '../clock.ts';

/** Parts of an interval; members are spread over them. */
const slots = 32;

/**
 * Visits its members once in every interval, a share of them at a time: with one timer for all, and never all at once.
 */
export class Rounds<Member> {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #visit: (member: Member) => void;
  readonly #slots: Set<Member>[] = Array.from({ length: slots }, () => new Set<Member>());
  readonly #slotOf = new Map<Member, number>();
  #next = 0;
  #current = 0;
  #cancel: (() => void) | undefined;

  /** @param intervalMs - 0: nobody is visited */
  constructor(clock: Clock, intervalMs: number, visit: (member: Member) => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#visit = visit;
  }

  add(member: Member): void {
    if (this.#intervalMs === 0) return;
    this.#slots[this.#next]!.add(member);
    this.#slotOf.set(member, this.#next);
    this.#next = (this.#next + 1) % slots;
    if (this.#cancel === undefined) this.#wait();
  }

  delete(member: Member): void {
    const slot = this.#slotOf.get(member);
    if (slot === undefined) return;
    this.#slotOf.delete(member);
    this.#slots[slot]!.delete(member);
    if (this.#slotOf.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(): void {
    this.#cancel = this.#clock.after(this.#intervalMs / slots, () => {
      const members = [...this.#slots[this.#current]!];
      this.#current = (this.#current + 1) % slots;
      this.#wait();
      for (const member of members) this.#visit(member);
    });
  }
}
