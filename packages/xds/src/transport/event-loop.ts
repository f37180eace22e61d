import type { Clock } from '../clock.ts';

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

/** Work that waits for a turn. */
interface Waiting {
  /** Undefined where it was taken back. */
  run: (() => void) | undefined;
  /** Of the same address. */
  next: Waiting | undefined;
}

/** What waits of one address: the first and the last of it. */
interface Queue {
  first: Waiting;
  last: Waiting;
}

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
  /** Those that wait for a turn, by address: each address has one after the other. */
  #line = new Map<string, Queue>();
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
   * connections makes its own wait; after a few milliseconds whatever else there is comes first.
   *
   * @param address - of the client, without its port
   * @param run - the work
   * @returns the function that takes it back
   */
  queue(address: string, run: () => void): () => void {
    const waiting: Waiting = { run, next: undefined };
    append(this.#line, address, { first: waiting, last: waiting });
    this.#goOn();
    return () => {
      waiting.run = undefined;
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
    this.queue(address, () => this.spread(address, pieces));
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
    const begun = this.#clock.now();
    const hasAccepted = this.#hasAccepted;
    this.#hasAccepted = false;
    if (!hasAccepted) this.#acceptingSince = undefined;
    const end = begun + this.#turnMs;
    const line = this.#line;
    // Those that come back during it are behind all others, and get no second time in a turn.
    this.#line = new Map();
    for (const [address, own] of line) {
      const { first } = own;
      line.delete(address);
      // Behind the others; a loop over a map comes to what was added during it.
      if (first.next !== undefined) {
        own.first = first.next;
        line.set(address, own);
      }
      if (first.run === undefined) continue;
      first.run();
      if (this.#clock.now() >= end) break;
    }
    for (const [address, later] of this.#line) append(line, address, later);
    this.#line = line;
    this.#usedMs = this.#clock.now() - begun;
    this.#usedBytes = 0;
    // After one that accepted the next does not sleep: it finds a connection that waits, or that none does.
    if (line.size > 0 || hasAccepted) this.#goOn();
  }
}

function append(line: Map<string, Queue>, address: string, more: Queue): void {
  const own = line.get(address);
  if (own === undefined) line.set(address, more);
  else {
    own.last.next = more.first;
    own.last = more.last;
  }
}
