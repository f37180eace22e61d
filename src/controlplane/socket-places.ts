import type { Socket } from 'node:net';

/** The sockets of an address that are not busy, the oldest first. */
interface Address {
  /** All of them. */
  count: number;
  /** Those that had sent nothing when they were looked at last. */
  readonly silent: Set<Socket>;
  readonly speaking: Set<Socket>;
}

interface Place {
  readonly address: string;
  readonly left: () => void;
}

/**
 * So many sockets and no more. Where one more comes, one of the address that has the most goes: one that has sent nothing
 * before one that has, and the oldest first, but none that is busy. Whoever comes therefore finds a place.
 */
export class SocketPlaces {
  readonly #max: number;
  readonly #evicted: (socket: Socket) => void;
  readonly #places = new Map<Socket, Place>();
  readonly #addresses = new Map<string, Address>();

  /** @param evicted - called before a socket is destroyed to make room */
  constructor(max: number, evicted: (socket: Socket) => void = () => {}) {
    this.#max = max;
    this.#evicted = evicted;
  }

  /** @param left - called once, when the socket has its place no longer */
  take(socket: Socket, left: () => void = () => {}): void {
    const name = socket.remoteAddress ?? '';
    const address = this.#addresses.get(name) ?? { count: 0, silent: new Set(), speaking: new Set() };
    this.#addresses.set(name, address);
    address.count += 1;
    const other = this.#places.size < this.#max ? undefined : (this.#candidate() ?? socket);
    this.#places.set(socket, { address: name, left });
    address.silent.add(socket);
    socket.once('close', () => this.leave(socket));
    if (other === undefined) return;
    this.#evicted(other);
    this.leave(other);
    other.destroy();
  }

  leave(socket: Socket): void {
    const place = this.#places.get(socket);
    if (place === undefined) return;
    this.#places.delete(socket);
    const address = this.#addresses.get(place.address)!;
    forget(address, socket);
    address.count -= 1;
    if (address.count === 0) this.#addresses.delete(place.address);
    place.left();
  }

  /** A socket that is busy keeps its place. */
  setBusy(socket: Socket, busy: boolean): void {
    const place = this.#places.get(socket);
    if (place === undefined) return;
    const address = this.#addresses.get(place.address)!;
    forget(address, socket);
    if (!busy) address.speaking.add(socket);
  }

  /** Thousands may come one after the other: each socket is found to have spoken once, and not by each who comes. */
  #candidate(): Socket | undefined {
    let most = 0;
    for (const { count } of this.#addresses.values()) most = Math.max(most, count);
    const largest = [...this.#addresses.values()].filter(({ count }) => count === most);
    // Where all of these are busy it is one of another address.
    for (const some of [largest, [...this.#addresses.values()]]) {
      const found = oldestSilent(some) ?? oldestSpeaking(some);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function oldestSilent(addresses: Iterable<Address>): Socket | undefined {
  for (const { silent, speaking } of addresses) {
    for (const socket of silent) {
      if (socket.bytesRead === 0) return socket;
      silent.delete(socket);
      speaking.add(socket);
    }
  }
  return undefined;
}

function oldestSpeaking(addresses: Iterable<Address>): Socket | undefined {
  for (const { speaking } of addresses) for (const socket of speaking) return socket;
  return undefined;
}

function forget({ silent, speaking }: Address, socket: Socket): void {
  silent.delete(socket);
  speaking.delete(socket);
}
