import type { Clock } from '../../base/clock.ts';

/** Bytes that are taken from one socket before others have their turn. */
const turnBytes = 64 * 1024;
/** Milliseconds of work for one socket before others have their turn. */
const turnMs = 2;
/** Milliseconds of work that a connection may cause at once. */
const burstMs = 10;
/** The share of all time that those who want more have together, in equal parts. */
const greedyShare = 0.5;
/** And this share is everybody's, however many they are: a client that asks now and then needs less. */
const leastShare = 0.01;
/** For so long one is taken to want more. */
const greedyForMs = 1_000;
/** Nobody waits longer than this, however much he caused. */
const maxPauseMs = 1_000;

/** The event loop, as all connections of a server share it. */
export class EventLoop {
  #turn = 0;
  #ending: NodeJS.Immediate | undefined;
  /** Those that wanted more than a turn not long ago, and when they last did, in this order. */
  readonly #greedy = new Map<object, number>();

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

  /** It is over. */
  left(who: object): void {
    this.#greedy.delete(who);
  }
}

/** What is read in turns: a connection. */
export interface TurnReader {
  /**
   * Takes bytes while {@link ReadingTurns.isOver} is false, and one frame at least.
   *
   * @returns how many it took
   */
  read(chunk: Buffer): number;
  /** Takes no more from the socket, until `resume`. */
  pause(): void;
  resume(): void;
}

/**
 * Reads a socket in turns, so that no client has more of the event loop than its share, whatever its bytes cost. One whose
 * work took longer than it may pauses for as long as that took, and if there are several, half of the time is all that they
 * get together.
 */
export class ReadingTurns {
  readonly #reader: TurnReader;
  readonly #loop: EventLoop;
  readonly #clock: Clock;
  #loopTurn = -1;
  #usedBytes = 0;
  #usedMs = 0;
  #overAt = 0;
  #waitMs = 0;
  #creditMs = burstMs;
  #creditAt: number;
  #backlog: Buffer[] = [];
  #deferred: (() => void)[] = [];
  #paused = false;
  #closed = false;
  #cancel: () => void = () => {};

  constructor(reader: TurnReader, loop: EventLoop, clock: Clock) {
    this.#reader = reader;
    this.#loop = loop;
    this.#clock = clock;
    this.#creditAt = clock.now();
  }

  /** Whether the rest has to wait for another turn. */
  get isOver(): boolean {
    return this.#waitMs > 0 || this.#clock.now() >= this.#overAt;
  }

  /** Bytes that wait for another turn. */
  get heldBytes(): number {
    let bytes = 0;
    for (const chunk of this.#backlog) bytes += chunk.length;
    return bytes;
  }

  receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.#backlog.push(chunk);
    if (!this.#paused) this.#run();
  }

  /** Ends the turn, and the next one comes no sooner than this. */
  wait(delayMs: number): void {
    this.#waitMs = Math.max(this.#waitMs, delayMs);
  }

  /** Work that is left over in this turn, and comes before what is read in the next one. */
  defer(work: () => void): void {
    this.#deferred.push(work);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#loop.left(this);
    this.#backlog = [];
    this.#deferred = [];
  }

  #run(): void {
    const begun = this.#clock.now();
    const { turn } = this.#loop;
    if (turn !== this.#loopTurn) {
      this.#loopTurn = turn;
      this.#usedBytes = 0;
      this.#usedMs = 0;
    }
    this.#overAt = begun + turnMs - this.#usedMs;
    this.#waitMs = 0;
    this.#work();
    const tookMs = this.#clock.now() - begun;
    this.#usedMs += tookMs;
    if (this.#closed) return;
    const isLeft = this.#backlog.length > 0 || this.#deferred.length > 0;
    if (isLeft) this.#loop.wantsMore(this, begun);
    const pauseMs = Math.max(this.#waitMs, this.#spend(begun, tookMs));
    if (isLeft || pauseMs > 0 || this.#usedBytes >= turnBytes) this.#pause(pauseMs);
    else if (this.#paused) {
      this.#paused = false;
      this.#reader.resume();
    }
  }

  #work(): void {
    do {
      const work = this.#deferred.shift();
      if (work !== undefined) {
        work();
        continue;
      }
      const chunk = this.#backlog[0];
      if (chunk === undefined) return;
      const taken = this.#reader.read(chunk);
      this.#usedBytes += taken;
      if (this.#closed) return;
      if (taken < chunk.length) this.#backlog[0] = chunk.subarray(taken);
      else this.#backlog.shift();
    } while (!this.isOver && this.#usedBytes < turnBytes);
  }

  /** Books the time; for how long the connection has to pause. */
  #spend(now: number, tookMs: number): number {
    const earned = (now - this.#creditAt) * this.#loop.shareAt(now);
    this.#creditAt = now;
    this.#creditMs = Math.min(burstMs, this.#creditMs + earned) - tookMs;
    if (this.#creditMs >= 0) return 0;
    this.#loop.wantsMore(this, now);
    const pauseMs = Math.min(-this.#creditMs / this.#loop.shareAt(now), maxPauseMs);
    // However long one piece of work took, it is not more than this that has to be made up for.
    this.#creditMs = Math.max(this.#creditMs, -burstMs);
    return pauseMs;
  }

  #pause(delayMs: number): void {
    if (!this.#paused) {
      this.#paused = true;
      this.#reader.pause();
    }
    const goOn = (): void => {
      if (!this.#closed) this.#run();
    };
    if (delayMs > 0) this.#cancel = this.#clock.after(delayMs, goOn);
    else {
      const immediate = setImmediate(goOn);
      this.#cancel = () => clearImmediate(immediate);
    }
  }
}
