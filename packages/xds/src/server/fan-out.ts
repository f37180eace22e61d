import type { Clock } from '../clock.ts';

/** Who can be told to send what it has. */
export interface Sender {
  send(): void;
}

/**
 * Streams served at once, and in each further turn of the event loop. Few at first, so that on a mounted
 * server of `node:http2`, where what a turn writes leaves when it is over, the first of a thousand clients does not wait
 * until all have been served; many after that, since between turns the acknowledgements of those who were served take
 * the time of those who were not. A turn of 16,384 takes some 0.2 s.
 */
const firstTurn = 32;
const furtherTurn = 16_384;

/**
 * When streams are served after a change: the first change at once, those within the interval after it together at its
 * end. No change waits longer than the interval, however many there are.
 */
export class FanOut {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #waiting = new Set<Sender>();
  #quietUntil = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #running = false;
  #immediate: NodeJS.Immediate | undefined;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Senders that have not been served since they were added. */
  get waiting(): number {
    return this.#waiting.size;
  }

  add(sender: Sender): void {
    this.#waiting.add(sender);
    if (this.#running || this.#cancel !== undefined) return;
    const now = this.#clock.now();
    if (now >= this.#quietUntil) this.#start();
    else {
      this.#cancel = this.#clock.after(this.#quietUntil - now, () => {
        this.#cancel = undefined;
        this.#start();
      });
    }
  }

  /** The sender has nothing to send any more, or has sent it. */
  remove(sender: Sender): void {
    // After every acknowledgement, when mostly nobody waits.
    if (this.#waiting.size > 0) this.#waiting.delete(sender);
  }

  close(): void {
    this.#cancel?.();
    clearImmediate(this.#immediate);
    this.#waiting.clear();
  }

  #start(): void {
    this.#running = true;
    this.#quietUntil = this.#clock.now() + this.#intervalMs;
    // Before whatever else the event loop has: all that changes in one go has changed by then.
    queueMicrotask(() => this.#turn(firstTurn));
  }

  #turn(senders: number): void {
    let left = senders;
    for (const sender of this.#waiting) {
      if (left-- === 0) break;
      this.#waiting.delete(sender);
      sender.send();
    }
    if (this.#waiting.size > 0) this.#immediate = setImmediate(() => this.#turn(furtherTurn));
    else {
      this.#immediate = undefined;
      this.#running = false;
    }
  }
}
