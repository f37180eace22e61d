import { BlockList } from 'node:net';
import type { Clock } from '../clock.ts';
import type { EventLoop } from './event-loop.ts';

/** Connections that one address may open in a second while others wait for theirs. */
const sharePerSecond = 50;
/** Others wait where a connection has been accepted in each turn for so long, milliseconds. */
const crowdedMs = 10;

export interface ConnectionSharesOptions {
  readonly loop: EventLoop;
  readonly clock: Pick<Clock, 'now'>;
  /** Addresses that have connections. */
  addresses(): number;
  /** A connection from here was refused. */
  refused(address: string): void;
}

/**
 * Who is refused while connections come faster than they are taken in: one of an address that has had its share of them in this
 * second, where there are other addresses. Without that, what the system keeps for us fills, and a SYN that finds it full is
 * sent again after one second, then three. As a list of `node:net` it is asked before there is a socket, so that to refuse
 * costs a fifth of what taking in does.
 */
export class ConnectionShares extends BlockList {
  readonly #options: ConnectionSharesOptions;
  /** Connections of this second, by address. */
  readonly #opened = new Map<string, number>();
  #secondEndsAt = 0;

  constructor(options: ConnectionSharesOptions) {
    super();
    this.#options = options;
  }

  /** @returns whether this connection is refused */
  override check(address: unknown): boolean {
    const { loop, clock, addresses, refused } = this.#options;
    loop.accepted();
    const now = clock.now();
    if (now >= this.#secondEndsAt) {
      this.#opened.clear();
      this.#secondEndsAt = now + 1_000;
    }
    const from = String(address);
    const opened = this.#opened.get(from) ?? 0;
    const isOver = opened >= sharePerSecond && loop.acceptingForMs >= crowdedMs;
    if (isOver && Math.max(addresses(), this.#opened.size) > 1) {
      refused(from);
      return true;
    }
    this.#opened.set(from, opened + 1);
    return false;
  }
}
