import { peerHost } from '../grpc/peer-host.ts';
import type { GrpcConnection } from '../grpc/transport.ts';

/** Looks for connections that do nothing are no closer together than this, where the last one found none. */
const lookMs = 100;

/**
 * Who has to go where all places are taken and one more comes: one that has no stream, of the address that has the most and
 * the oldest first; where all have streams, the newest of the address that has the most, if that is more than who comes would
 * have; else who comes. So nobody takes all places by being there, and nobody more than his share by being busy.
 */
export class SessionPlaces {
  readonly #now: () => number;
  /** Connections by address, the oldest first. */
  readonly #byAddress = new Map<string, Set<GrpcConnection>>();
  /** Found by the last look, the first to go at the end. */
  #idle: GrpcConnection[] = [];
  #largest: string | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  /** @param now - milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Addresses that have connections. */
  get addresses(): number {
    return this.#byAddress.size;
  }

  add(connection: GrpcConnection): void {
    const address = peerHost(connection.peer.address);
    const own = this.#byAddress.get(address);
    if (own === undefined) this.#byAddress.set(address, new Set([connection]));
    else own.add(connection);
  }

  delete(connection: GrpcConnection): void {
    const address = peerHost(connection.peer.address);
    const own = this.#byAddress.get(address);
    own?.delete(connection);
    if (own?.size === 0) this.#byAddress.delete(address);
  }

  /** Who has to go for this one; undefined: it has to go itself. */
  victimFor(comer: GrpcConnection): GrpcConnection | undefined {
    const idle = this.#nextIdle();
    if (idle !== undefined) return idle;
    if (this.#now() - this.#lookedAtMs >= lookMs) {
      this.#look();
      const found = this.#nextIdle();
      if (found !== undefined) return found;
    }
    const most = [...(this.#byAddress.get(this.#largest ?? '') ?? [])];
    const own = this.#byAddress.get(peerHost(comer.peer.address))?.size ?? 0;
    return most.length > own + 1 ? most.at(-1) : undefined;
  }

  #nextIdle(): GrpcConnection | undefined {
    for (let one = this.#idle.pop(); one !== undefined; one = this.#idle.pop()) {
      if (one.streams === 0 && this.#byAddress.get(peerHost(one.peer.address))?.has(one) === true) return one;
    }
    return undefined;
  }

  #look(): void {
    this.#lookedAtMs = this.#now();
    const addresses = [...this.#byAddress].sort(([, one], [, other]) => other.size - one.size);
    this.#largest = addresses[0]?.[0];
    this.#idle = addresses
      .flatMap(([, connections]) => [...connections].filter(({ streams }) => streams === 0))
      .reverse();
  }
}
