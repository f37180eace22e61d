import type { Clock } from '../clock.ts';
import type { GrpcConnection, Peer } from '../grpc/transport.ts';
import type { Refusal } from './observer.ts';
import { Rounds } from './rounds.ts';
import { SessionPlaces } from './session-places.ts';

export interface SessionOptions {
  readonly clock: Clock;
  /** Connections at once; where one more comes, one has to go. */
  readonly maxSessions: number;
  /** Interval of HTTP/2 pings; a connection that has not answered by the next one is dead. 0: no pings. */
  readonly keepaliveMs: number;
  /** Age at which a connection is asked to go, ±10 %, so that clients spread over replicas. 0: never. */
  readonly maxAgeMs: number;
  /** How long a connection that was asked to go may take. */
  readonly graceMs: number;
  /** Why a client may not connect; undefined where it may. */
  authorize(peer: Peer): string | undefined;
  /** A connection was closed as it came, or to make room for another. */
  refused(refusal: Refusal): void;
  /** A connection was asked to go: its streams have to end. */
  leaving(connection: GrpcConnection): void;
}

interface SessionState {
  /** On the clock. */
  readonly acceptedAtMs: number;
  /** Streams that it had had at the last look. */
  streamsEver: number;
  /** Keepalive intervals in a row without a stream. */
  idleIntervals: number;
  /** Whether the last ping has been answered. */
  answered: boolean;
  /** It was asked to go. */
  isLeaving: boolean;
  /** Ends the timer that is set. */
  cancelAge(): void;
  /** The same, where it has been asked to go before its age; undefined where not. */
  cancelMove: (() => void) | undefined;
}

/** A connection that has carried no stream for so many keepalive intervals is asked to go, as it only takes a place. */
const maxIdleIntervals = 2;
const jitter = 0.1;
/** So many different ones: Node keeps what it needs for a duration until that is over, whether a timer is left or not. */
const ages = 200;

/** The connections of a server, whatever carries them: bounded, authorized, checked for life, limited in age. */
export class Sessions {
  readonly #options: SessionOptions;
  readonly #sessions = new Map<GrpcConnection, SessionState>();
  readonly #checks: Rounds<GrpcConnection>;
  readonly #places: SessionPlaces;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#places = new SessionPlaces(() => options.clock.now());
    this.#checks = new Rounds(options.clock, options.keepaliveMs, (connection) => this.#check(connection));
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Addresses that have connections. */
  get addresses(): number {
    return this.#places.addresses;
  }

  /** Takes in a new connection, or closes it where it may not be here or others have more right to the last place. */
  accept(connection: GrpcConnection): void {
    const message = this.#options.authorize(connection.peer);
    if (message !== undefined) {
      this.#refuse(connection, { limit: 'authorization', peer: connection.peer.address, message });
      return;
    }
    if (!this.#makeRoom(connection)) return;
    this.#places.add(connection);
    const { clock, maxAgeMs } = this.#options;
    const state: SessionState = {
      acceptedAtMs: clock.now(),
      streamsEver: 0,
      idleIntervals: 0,
      answered: true,
      isLeaving: false,
      cancelAge: () => {},
      cancelMove: undefined,
    };
    this.#sessions.set(connection, state);
    connection.onClose(() => {
      state.cancelAge();
      state.cancelMove?.();
      this.#checks.delete(connection);
      this.#remove(connection);
    });
    this.#checks.add(connection);
    if (maxAgeMs > 0) {
      const ageMs = maxAgeMs * (1 - jitter + (2 * jitter * Math.round(Math.random() * ages)) / ages);
      state.cancelAge = clock.after(ageMs, () => this.dismiss(connection));
    }
  }

  /** Asks a connection to go: GOAWAY, its streams end, and after the grace time it is cut. */
  dismiss(connection: GrpcConnection): void {
    if (connection.isClosed) return;
    const state = this.#sessions.get(connection);
    if (state !== undefined) state.isLeaving = true;
    connection.goAway();
    this.#options.leaving(connection);
    connection.onClose(this.#options.clock.after(this.#options.graceMs, () => connection.destroy()));
  }

  /**
   * Asks each connection that is there now to go, at a random moment within the time; one that waits for its moment already
   * keeps it. 0: all at once.
   *
   * @param youngestMs - the time of one that is younger begins when it is so old
   * @returns how many it concerns
   */
  move(withinMs: number, youngestMs = 0): number {
    const { clock } = this.#options;
    const nowMs = clock.now();
    const isFree = ({ isLeaving, cancelMove }: SessionState): boolean =>
      !isLeaving && (withinMs === 0 || cancelMove === undefined);
    const here = [...this.#sessions].filter(([, state]) => isFree(state));
    for (const [connection, state] of here) {
      if (withinMs === 0) this.dismiss(connection);
      else {
        const tooYoungMs = Math.max(0, state.acceptedAtMs + youngestMs - nowMs);
        const moment = tooYoungMs + Math.random() * withinMs;
        state.cancelMove = clock.after(moment, () => this.dismiss(connection));
      }
    }
    return here.length;
  }

  /** Asks all to go; resolves when they have gone. */
  async dismissAll(): Promise<void> {
    const gone = [...this.#sessions.keys()].map(
      (connection) => new Promise<void>((resolve) => connection.onClose(resolve)),
    );
    for (const connection of this.#sessions.keys()) this.dismiss(connection);
    await Promise.all(gone);
  }

  /** @returns whether there is a place for it */
  #makeRoom(connection: GrpcConnection): boolean {
    if (this.#sessions.size < this.#options.maxSessions) return true;
    const other = this.#places.victimFor(connection) ?? connection;
    this.#refuse(other, { limit: 'sessions', peer: other.peer.address });
    // Its place is free now, whenever its socket says that it is closed.
    this.#remove(other);
    return other !== connection;
  }

  #refuse(connection: GrpcConnection, refusal: Refusal): void {
    this.#options.refused(refusal);
    connection.destroy();
  }

  #remove(connection: GrpcConnection): void {
    this.#places.delete(connection);
    this.#sessions.delete(connection);
  }

  #check(connection: GrpcConnection): void {
    const state = this.#sessions.get(connection);
    if (state === undefined) return;
    if (!state.answered) {
      connection.destroy();
      return;
    }
    const idle = connection.streams === 0 && connection.streamsEver === state.streamsEver;
    state.idleIntervals = idle ? state.idleIntervals + 1 : 0;
    state.streamsEver = connection.streamsEver;
    if (state.idleIntervals > maxIdleIntervals) {
      this.dismiss(connection);
      return;
    }
    state.answered = false;
    connection.ping(() => {
      state.answered = true;
    });
  }
}
