import { appended } from '../appended.ts';
import type { Clock } from '../clock.ts';
import type { EventLoop } from './event-loop.ts';
import type { Work } from './line.ts';
import { RateLimit } from './rate-limit.ts';

/** Bytes that are taken from one socket before others have their turn. */
const turnBytes = 64 * 1024;
/** So few bytes that wait are in what every connection is charged. */
const smallBytes = 256;
/** Milliseconds of work for one socket before others have their turn. */
const turnMs = 2;
/** Milliseconds of work that a connection may cause at once. */
const burstMs = 10;
/** Nobody waits longer than this, however much he caused. */
const maxPauseMs = 1_000;
/** A few requests, or what a client says first. */
const fewBytes = 1_024;
/** These seldom take more milliseconds of work: what took longer was not they, if it happens no more often than this. */
const fewBytesMs = 1;
const excuses = { burst: 5, perSecond: 5 };

/** Never written to: where something comes, a list of its own takes its place. */
const none: never[] = [];

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
  /** What is held has changed, and a turn is over. */
  settle(): void;
}

/**
 * Reads a socket in turns, so that no client has more of the event loop than its share, whatever its bytes cost. One whose
 * work took longer than it may pauses for as long as that took, and if there are several, half of the time is all that they
 * get together, a few milliseconds at a time ({@link EventLoop}).
 */
export class ReadingTurns implements Work {
  /** Of the line. */
  next: Work | undefined;
  /** Of the line. */
  since = 0;
  readonly #reader: TurnReader;
  readonly #loop: EventLoop;
  readonly #clock: Clock;
  readonly #address: string;
  #loopTurn = -1;
  #usedBytes = 0;
  #usedMs = 0;
  #overAt = 0;
  #waitMs = 0;
  #creditMs = burstMs;
  #creditAt: number;
  #excuses: RateLimit | undefined;
  /** Bytes that wait, in order. */
  #backlog: Buffer[] = none;
  #heldBytes = 0;
  #deferred: (() => void)[] = none;
  /** It waits for its turn. */
  #waits = false;
  #paused = false;
  #closed = false;
  /** Ends the pause that it makes; undefined: it makes none. */
  #cancelPause: (() => void) | undefined;

  /** @param address - of the client, without its port */
  constructor(reader: TurnReader, loop: EventLoop, clock: Clock, address: string) {
    this.#address = address;
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
    return this.#heldBytes;
  }

  receive(chunk: Buffer): void {
    if (this.#closed) return;
    const isGreedy = this.#loop.isGreedy(this);
    if (!this.#waits && !isGreedy && !this.#loop.isFull) {
      this.#run(chunk);
      return;
    }
    this.#heldBytes += chunk.length;
    this.#backlog = appended(this.#backlog, chunk);
    if (this.#waits) {
      if (!this.#paused && this.#heldBytes >= turnBytes) this.#pauseReader();
    } else {
      // One who wanted more not long ago stands in line.
      if (isGreedy) this.#pauseReader();
      this.#queue();
    }
    if (this.#heldBytes > smallBytes) this.#reader.settle();
  }

  /** Ends the turn, and the next one comes no sooner than this. */
  wait(delayMs: number): void {
    this.#waitMs = Math.max(this.#waitMs, delayMs);
  }

  /** Work that is left over in this turn, and comes before what is read in the next one. */
  defer(work: () => void): void {
    this.#deferred = appended(this.#deferred, work);
  }

  close(): void {
    this.#closed = true;
    this.#cancelPause?.();
    this.#loop.left(this);
    this.#backlog = none;
    this.#heldBytes = 0;
    this.#deferred = none;
  }

  /** Of the line: its turn has come. */
  run(): void {
    if (!this.#closed) this.#run();
  }

  /** @param chunk - what has come just now, where nothing waits before it */
  #run(chunk?: Buffer): void {
    this.#waits = false;
    const begun = this.#clock.now();
    const { turn } = this.#loop;
    if (turn !== this.#loopTurn) {
      this.#loopTurn = turn;
      this.#usedBytes = 0;
      this.#usedMs = 0;
    }
    this.#overAt = begun + turnMs - this.#usedMs;
    this.#waitMs = 0;
    const bytesBefore = this.#usedBytes;
    this.#work(chunk);
    const tookMs = this.#clock.now() - begun;
    this.#usedMs += tookMs;
    this.#loop.used(tookMs, this.#usedBytes - bytesBefore);
    if (this.#closed) return;
    this.#reader.settle();
    const isLeft = this.#isLeft;
    const ownMs = this.#ownPart(tookMs, this.#usedBytes - bytesBefore + this.#heldBytes, begun);
    // Bytes as well as time: what the system did to bring them is in nobody's account.
    const isMuch = this.#usedBytes >= turnBytes || (isLeft && (ownMs > fewBytesMs || this.#waitMs > 0));
    if (isMuch) this.#loop.wantsMore(this, begun);
    const pauseMs = Math.max(this.#waitMs, this.#spend(begun, ownMs));
    if (isLeft || pauseMs > 0 || this.#usedBytes >= turnBytes) this.#pause(pauseMs);
    else if (this.#paused) {
      this.#paused = false;
      this.#reader.resume();
    }
  }

  get #isLeft(): boolean {
    return this.#backlog.length > 0 || this.#deferred.length > 0;
  }

  #work(fresh: Buffer | undefined): void {
    if (fresh === undefined) this.#workOnce();
    else this.#read(fresh);
    while (this.#isLeft && !this.isOver && this.#usedBytes < turnBytes) this.#workOnce();
  }

  #workOnce(): void {
    if (this.#deferred.length > 0) this.#deferred.shift()!();
    else if (this.#backlog.length > 0) {
      const chunk = this.#backlog.shift()!;
      this.#heldBytes -= chunk.length;
      this.#read(chunk);
    }
  }

  #read(chunk: Buffer): void {
    const taken = this.#reader.read(chunk);
    this.#usedBytes += taken;
    if (taken === chunk.length || this.#closed) return;
    const rest = restOf(chunk, taken);
    this.#heldBytes += rest.length;
    if (this.#backlog.length === 0) this.#backlog = [rest];
    else this.#backlog.unshift(rest);
  }

  /**
   * How much of this time was its own. Once in a while the system has something else to run, or garbage is collected, in
   * somebody's turn: one who asks little shall not wait for that among those who want much.
   */
  #ownPart(tookMs: number, bytes: number, now: number): number {
    if (tookMs <= fewBytesMs || bytes > fewBytes) return tookMs;
    this.#excuses ??= new RateLimit(excuses, now);
    return this.#excuses.take(now) ? fewBytesMs : tookMs;
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
    this.#pauseReader();
    this.#waits = true;
    if (delayMs > 0) this.#cancelPause = this.#clock.after(delayMs, () => this.#queue());
    else this.#queue();
  }

  #pauseReader(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#reader.pause();
  }

  #queue(): void {
    this.#waits = true;
    this.#loop.queue(this.#address, this, this.#loop.isGreedy(this));
  }
}

/** What waits is charged with its bytes, so it must not keep many more alive: those that it came with. */
function restOf(chunk: Buffer, taken: number): Buffer {
  const rest = chunk.subarray(taken);
  if (2 * rest.length >= chunk.length) return rest;
  const copy = Buffer.allocUnsafeSlow(rest.length);
  copy.set(rest);
  return copy;
}
