import type { Clock } from '../clock.ts';

/** The share of all time that those who want more have together, in equal parts. */
const greedyShare = 0.5;
/** And this share is everybody's, however many they are: a client that asks now and then needs less. */
const leastShare = 0.01;
/** For so long one is taken to want more. */
const greedyForMs = 1_000;
/** Milliseconds of work for those who want more, all of them, before whatever else there is has its turn. */
const roundMs = 5;

/** The event loop, as all connections of a server share it. */
export class EventLoop {
  readonly #clock: Pick<Clock, 'now'>;
  #turn = 0;
  #ending: NodeJS.Immediate | undefined;
  /** Those that wanted more than a turn not long ago, and when they last did, in this order. */
  readonly #greedy = new Map<object, number>();
  /** Those that wait for a turn, in the order in which they get it. */
  readonly #queue = new Set<() => void>();
  #round: NodeJS.Immediate | undefined;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Number of the turn that runs. */
  get turn(): number {
    this.#ending ??= setImmediate(() => {
      this.#ending = undefined;
      this.#turn += 1;
    });
    return this.#turn;
  }

  /** The share of all time that a connection has, at this time. */
  shareAt(nowMs: number): number {
    for (const [who, at] of this.#greedy) {
      if (nowMs - at < greedyForMs) break;
      this.#greedy.delete(who);
    }
    return Math.max(greedyShare / Math.max(1, this.#greedy.size), leastShare);
  }

  /** It would take more than a turn, or has taken more than its share. */
  wantsMore(who: object, nowMs: number): void {
    this.#greedy.delete(who);
    this.#greedy.set(who, nowMs);
  }

  /** Whether it wanted more not long ago. */
  isGreedy(who: object): boolean {
    return this.#greedy.has(who);
  }

  /** It is over. */
  left(who: object): void {
    this.#greedy.delete(who);
  }

  /**
   * Gives a turn to one after the other of those that wait, and after a few milliseconds to whatever else there is to be
   * done, however many they are.
   *
   * @param run - the turn
   * @returns the function that takes it back
   */
  queue(run: () => void): () => void {
    this.#queue.add(run);
    this.#round ??= setImmediate(() => this.#runSome());
    return () => void this.#queue.delete(run);
  }

  #runSome(): void {
    const end = this.#clock.now() + roundMs;
    // Those that come back during it are behind all others, and get no second turn in a round.
    const waiting = [...this.#queue];
    for (const run of waiting) {
      if (!this.#queue.delete(run)) continue;
      run();
      if (this.#clock.now() >= end) break;
    }
    this.#round = this.#queue.size > 0 ? setImmediate(() => this.#runSome()) : undefined;
  }
}
