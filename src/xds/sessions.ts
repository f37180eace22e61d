import type { Http2Session } from 'node:http2';
import type { Clock } from '../base/clock.ts';
import { formatAddress } from '../base/listen-address.ts';

export interface SessionOptions {
  readonly clock: Clock;
  /** Connections at once; further ones are closed. */
  readonly maxSessions: number;
  /** Interval of HTTP/2 pings; a connection that has not answered by the next one is dead. 0: no pings. */
  readonly keepaliveMs: number;
  /** Age at which a connection is asked to go, ±10 %, so that clients spread over replicas. 0: never. */
  readonly maxAgeMs: number;
  /** How long a connection that was asked to go may take. */
  readonly graceMs: number;
  /** One connection too many came. */
  refused(peer: string): void;
  /** A connection was asked to go: its streams have to end. */
  leaving(session: Http2Session): void;
}

interface SessionState {
  /** Open streams of any kind. */
  streams: number;
  /** Keepalive intervals in a row without a stream. */
  idleIntervals: number;
  /** Whether the last ping has been answered. */
  answered: boolean;
  /** Ends the timers that are set. */
  cancelCheck(): void;
  cancelAge(): void;
}

/** A connection that has carried no stream for so many keepalive intervals is asked to go, as it only takes a place. */
const maxIdleIntervals = 2;
const jitter = 0.1;

/** The HTTP/2 connections of a server: bounded, checked for life, limited in age. */
export class Sessions {
  readonly #options: SessionOptions;
  readonly #sessions = new Map<Http2Session, SessionState>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Takes in a new connection, or closes it where there are too many. */
  accept(session: Http2Session): void {
    if (this.#sessions.size >= this.#options.maxSessions) {
      const { remoteAddress = '', remotePort = 0 } = session.socket;
      this.#options.refused(formatAddress(remoteAddress, remotePort));
      session.on('error', () => {});
      session.destroy();
      return;
    }
    const { clock, keepaliveMs, maxAgeMs } = this.#options;
    const state: SessionState = {
      streams: 0,
      idleIntervals: 0,
      answered: true,
      cancelCheck: () => {},
      cancelAge: () => {},
    };
    this.#sessions.set(session, state);
    // A broken connection is no error of ours; 'close' follows.
    session.on('error', () => {});
    session.on('stream', (stream) => {
      state.streams += 1;
      state.idleIntervals = 0;
      stream.on('close', () => {
        state.streams -= 1;
      });
    });
    session.once('close', () => {
      state.cancelCheck();
      state.cancelAge();
      this.#sessions.delete(session);
    });
    // At a random time first, so that clients that came together are not pinged together ever after.
    if (keepaliveMs > 0) this.#checkLater(session, state, keepaliveMs * Math.random());
    if (maxAgeMs > 0) {
      const ageMs = maxAgeMs * (1 - jitter + 2 * jitter * Math.random());
      state.cancelAge = clock.after(ageMs, () => this.dismiss(session));
    }
  }

  /** Asks a connection to go: GOAWAY, its streams end, and after the grace time it is cut. */
  dismiss(session: Http2Session): void {
    if (session.closed || session.destroyed) return;
    session.close();
    this.#options.leaving(session);
    session.once(
      'close',
      this.#options.clock.after(this.#options.graceMs, () => session.destroy()),
    );
  }

  /** Asks all to go; resolves when they have gone. */
  async dismissAll(): Promise<void> {
    const gone = [...this.#sessions.keys()].map(
      (session) => new Promise<void>((resolve) => session.once('close', () => resolve())),
    );
    for (const session of this.#sessions.keys()) this.dismiss(session);
    await Promise.all(gone);
  }

  #checkLater(session: Http2Session, state: SessionState, delayMs: number): void {
    state.cancelCheck = this.#options.clock.after(delayMs, () => this.#check(session, state));
  }

  #check(session: Http2Session, state: SessionState): void {
    if (session.destroyed) return;
    if (!state.answered) {
      session.destroy();
      return;
    }
    if (state.streams === 0) state.idleIntervals += 1;
    if (state.idleIntervals > maxIdleIntervals) {
      this.dismiss(session);
      return;
    }
    state.answered = false;
    session.ping(() => {
      state.answered = true;
    });
    this.#checkLater(session, state, this.#options.keepaliveMs);
  }
}
