import type { Clock } from '../base/clock.ts';

export interface DampingSettings {
  /** Time in which a penalty halves. */
  readonly halfLifeMs: number;
  /** An endpoint is held from this penalty on. Each time it becomes unusable adds 1. */
  readonly holdAt: number;
  /** It is released when its penalty has fallen to this. */
  readonly releaseAt: number;
  /** A penalty grows no further, so that an endpoint is released some time after it has settled, however long it flapped. */
  readonly maxPenalty: number;
}

/**
 * Five times in a few seconds is more than a rollout, a restart or a pod that crashes at its start does to one endpoint. One
 * that flaps on and on is released 20 s after it has settled.
 */
const defaultDamping: DampingSettings = { halfLifeMs: 10_000, holdAt: 4.5, releaseAt: 2, maxPenalty: 8 };

interface Flapper {
  usable: boolean;
  penalty: number;
  /** When `penalty` was true. */
  atMs: number;
  held: boolean;
  cancel(): void;
}

/** Below this an endpoint is forgotten that is gone. */
const negligible = 0.5;

/**
 * Keeps back endpoints that come and go again and again: every change would go to every client, which would close and open
 * connections for nothing. The arithmetic is that of route flap damping (RFC 2439, 4.4): a penalty for each time an endpoint
 * becomes unusable, which decays.
 */
export class FlapDamping {
  readonly #clock: Clock;
  readonly #settings: DampingSettings;
  readonly #released: (group: string, key: string) => void;
  readonly #groups = new Map<string, Map<string, Flapper>>();

  /** @param released - an endpoint may be used again */
  constructor(clock: Clock, released: (group: string, key: string) => void, settings = defaultDamping) {
    this.#clock = clock;
    this.#settings = settings;
    this.#released = released;
  }

  /**
   * Takes the state of all endpoints of a group as it is now. One that was there and is not any more has become unusable.
   *
   * @returns keys that are held from now on, and were not before
   */
  observe(group: string, usable: ReadonlyMap<string, boolean>): string[] {
    const known = this.#groups.get(group) ?? new Map<string, Flapper>();
    this.#groups.set(group, known);
    const held: string[] = [];
    for (const [key, flapper] of known) {
      if (usable.has(key)) continue;
      if (this.#change(group, key, flapper, false)) held.push(key);
      if (!flapper.held && this.#penaltyOf(flapper) < negligible) known.delete(key);
    }
    for (const [key, isUsable] of usable) {
      const flapper = known.get(key);
      if (flapper === undefined) {
        known.set(key, { usable: isUsable, penalty: 0, atMs: this.#clock.now(), held: false, cancel: () => {} });
      } else if (this.#change(group, key, flapper, isUsable)) held.push(key);
    }
    return held;
  }

  isHeld(group: string, key: string): boolean {
    return this.#groups.get(group)?.get(key)?.held === true;
  }

  /** Endpoints that are remembered. */
  get size(): number {
    return [...this.#groups.values()].reduce((sum, known) => sum + known.size, 0);
  }

  /** The group is gone. */
  forget(group: string): void {
    for (const { cancel } of this.#groups.get(group)?.values() ?? []) cancel();
    this.#groups.delete(group);
  }

  close(): void {
    for (const group of this.#groups.keys()) this.forget(group);
  }

  /** Whether it is held from now on. */
  #change(group: string, key: string, flapper: Flapper, usable: boolean): boolean {
    if (flapper.usable === usable) return false;
    flapper.usable = usable;
    if (usable) return false;
    const { holdAt, maxPenalty } = this.#settings;
    flapper.penalty = Math.min(maxPenalty, this.#penaltyOf(flapper) + 1);
    flapper.atMs = this.#clock.now();
    if (flapper.penalty < holdAt) return false;
    flapper.cancel();
    flapper.cancel = this.#clock.after(this.#untilReleaseMs(flapper), () => this.#release(group, key, flapper));
    const isNew = !flapper.held;
    flapper.held = true;
    return isNew;
  }

  #release(group: string, key: string, flapper: Flapper): void {
    flapper.held = false;
    this.#released(group, key);
  }

  #penaltyOf({ penalty, atMs }: Flapper): number {
    return penalty * 2 ** ((atMs - this.#clock.now()) / this.#settings.halfLifeMs);
  }

  #untilReleaseMs({ penalty }: Flapper): number {
    const { halfLifeMs, releaseAt } = this.#settings;
    return Math.max(0, Math.log2(penalty / releaseAt) * halfLifeMs);
  }
}
