import { type Clock, systemClock } from '../base/clock.ts';

/** How often it is looked whether clients have left. */
const lookMs = 10_000;
/** A fleet: what fewer leave behind is not worth a pause. */
const fleet = 1_000;
/** It has left where no more than this part of it is there. */
const leftPart = 0.05;
/** Clients that come and go on purpose do not cause more pauses than that. */
const pauseMs = 300_000;

export interface MemoryReturnOptions {
  /** How many clients there are. */
  readonly clients: () => number;
  /** Default: {@link collectAll}. */
  readonly collect?: (() => void) | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Gives back to the system what clients that have left did hold. V8 collects while it is asked for memory, and a control plane
 * without clients asks for none: after 40,000 streams had left it kept 600 MB, of which it needed 240 (bench/fleet).
 */
export class MemoryReturn {
  readonly #options: MemoryReturnOptions;
  readonly #clock: Clock;
  readonly #collect: () => void;
  #most = 0;
  #collectedAt = Number.NEGATIVE_INFINITY;
  #cancel: () => void = () => {};

  constructor(options: MemoryReturnOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#collect = options.collect ?? collectAll;
  }

  start(): void {
    this.#cancel = this.#clock.after(lookMs, () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }

  #look(): void {
    const clients = this.#options.clients();
    this.#most = Math.max(this.#most, clients);
    const now = this.#clock.now();
    if (this.#most < fleet || clients > this.#most * leftPart || now - this.#collectedAt < pauseMs) return;
    this.#most = clients;
    this.#collectedAt = now;
    this.#collect();
  }
}

/** Some 0.1 s. `serve` starts Node with `--expose-gc`; where somebody else started it without, nothing happens. */
function collectAll(): void {
  globalThis.gc?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
}
