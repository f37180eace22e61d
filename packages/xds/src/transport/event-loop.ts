import type { Clock } from '../clock.ts';
import { Line, type Work } from './line.ts';

/** The share of all time that those who want more have together, in equal parts. */
const greedyShare = 0.5;
/** And this share is everybody's, however many they are: a client that asks now and then needs less. */
const leastShare = 0.01;
/** For so long one is taken to want more. */
const greedyForMs = 1_000;
/** Milliseconds of work for clients in one turn; what comes beyond them waits in line. */
const turnMs = 5;
/**
 * The same where a connection was accepted. Node accepts one a turn of each queue, so that turns have to be short while many wait for
 * that, or who comes last waits for long.
 */
const acceptingTurnMs = 2;

/** Milliseconds of work at once, where it comes in pieces. */
const pieceMs = 1;
/**
 * Work below both is not worth a turn of its own: to be told of each makes the event loop ask the system twice as often for
 * what there is to do.
 */
const noticedMs = 1;
const noticedBytes = 16 * 1024;

/** The event loop, as all connections of a server share it. */
export class EventLoop {
  readonly #clock: Pick<Clock, 'now'>;
  #turn = 0;
  #usedMs = 0;
  #usedBytes = 0;
  #hasAccepted = false;
  /** Since when each turn has accepted a connection; undefined: the last one found none that waited. */
  #acceptingSince: number | undefined;
  #next: NodeJS.Immediate | undefined;
  /** Those that wanted more than a turn not long ago, and when they last did, in this order. */
  readonly #greedy = new Map<object, number>();
  /** Work of those who take little, and of those who wanted more than a turn not long ago. */
  readonly #line = new Line();
  readonly #greedyLine = new Line();
  readonly #isHalfFull = (): boolean => this.isFull || (this.#usedMs >= this.#turnMs / 2 && !this.#greedyLine.isEmpty);
  readonly #isFull = (): boolean => this.isFull;
  readonly #unfinished = new Set<Iterator<void>>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Number of the turn that runs; turns with hardly any work are one. */
  get turn(): number {
    return this.#turn;
  }

  /** Whether what clients may cause in this turn is used up. */
  get isFull(): boolean {
    return this.#usedMs >= this.#turnMs;
  }

  /** For how many milliseconds each turn has accepted a connection: for so long some have waited. */
  get acceptingForMs(): number {
    return this.#acceptingSince === undefined ? 0 : this.#clock.now() - this.#acceptingSince;
  }

  /** So many milliseconds of this turn went to a client, for so many bytes. */
  used(ms: number, bytes: number): void {
    this.#usedMs += ms;
    this.#usedBytes += bytes;
    if (this.#usedMs >= noticedMs || this.#usedBytes >= noticedBytes) this.#goOn();
  }

  /** A connection has been accepted in this turn. */
  accepted(): void {
    this.#hasAccepted = true;
    this.#acceptingSince ??= this.#clock.now();
    this.#goOn();
  }

  /** The share of all time that a connection has, at this time. */
  shareAt(nowMs: number): number {
    if (this.#greedy.size === 0) return greedyShare;
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
    return this.#greedy.size > 0 && this.#greedy.has(who);
  }

  /** It is over. */
  left(who: object): void {
    this.#greedy.delete(who);
  }

  /**
   * Does it in one of the next turns. Addresses have one each, then the next one each, so that one that has thousands of
   * connections makes its own wait; after a few milliseconds whatever else there is comes first. Who takes little comes before
   * those who are greedy, however many these are, and leaves them half of each turn.
   *
   * @param address - of the client, without its port
   * @param work - does not wait yet
   */
  queue(address: string, work: Work, isGreedy = false): void {
    work.since = this.#turn;
    (isGreedy ? this.#greedyLine : this.#line).add(address, work);
    this.#goOn();
  }

  /** The same, for what happens once; returns the function that takes it back. */
  queueOnce(address: string, run: () => void, isGreedy = false): () => void {
    let isWanted = true;
    const measured = (): void => {
      if (!isWanted) return;
      const begun = this.#clock.now();
      run();
      this.used(this.#clock.now() - begun, 0);
    };
    this.queue(address, { run: measured, next: undefined, since: 0 }, isGreedy);
    return () => {
      isWanted = false;
    };
  }

  /**
   * Does work that comes in pieces: the first ones at once, what is left in the next turns, as {@link queue}.
   *
   * @param address - of the client who caused it
   */
  spread(address: string, pieces: Iterator<void>): void {
    const end = this.#clock.now() + pieceMs;
    do {
      if (pieces.next().done !== true) continue;
      this.#unfinished.delete(pieces);
      return;
    } while (this.#clock.now() < end);
    this.#unfinished.add(pieces);
    this.queueOnce(address, () => this.spread(address, pieces), true);
  }

  /** Does what is left of all that comes in pieces. */
  finish(): void {
    for (const pieces of this.#unfinished) while (pieces.next().done !== true);
    this.#unfinished.clear();
  }

  get #turnMs(): number {
    return this.#acceptingSince === undefined ? turnMs : acceptingTurnMs;
  }

  #goOn(): void {
    this.#next ??= setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#next = undefined;
    this.#turn += 1;
    const hasAccepted = this.#hasAccepted;
    this.#hasAccepted = false;
    if (!hasAccepted) this.#acceptingSince = undefined;
    this.#usedMs = 0;
    this.#usedBytes = 0;
    this.#work();
    // After one that accepted the next does not sleep: it finds a connection that waits, or that none does.
    if (!this.#line.isEmpty || !this.#greedyLine.isEmpty || hasAccepted) this.#goOn();
  }

  #work(): void {
    this.#line.work(this.#turn, this.#isHalfFull);
    if (!this.isFull) this.#greedyLine.work(this.#turn, this.#isFull);
  }
}
