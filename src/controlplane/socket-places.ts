import type { Socket } from 'node:net';

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
  /** The oldest first. */
  readonly #places = new Map<Socket, Place>();
  readonly #counts = new Map<string, number>();
  readonly #busy = new Set<Socket>();

  /** @param evicted - called before a socket is destroyed to make room */
  constructor(max: number, evicted: (socket: Socket) => void = () => {}) {
    this.#max = max;
    this.#evicted = evicted;
  }

  /** @param left - called once, when the socket has its place no longer */
  take(socket: Socket, left: () => void = () => {}): void {
    const address = socket.remoteAddress ?? '';
    this.#places.set(socket, { address, left });
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
    socket.once('close', () => this.leave(socket));
    if (this.#places.size <= this.#max) return;
    const other = this.#candidate(socket) ?? socket;
    this.#evicted(other);
    this.leave(other);
    other.destroy();
  }

  leave(socket: Socket): void {
    const place = this.#places.get(socket);
    if (place === undefined) return;
    const { address } = place;
    this.#places.delete(socket);
    this.#busy.delete(socket);
    const count = (this.#counts.get(address) ?? 1) - 1;
    if (count === 0) this.#counts.delete(address);
    else this.#counts.set(address, count);
    place.left();
  }

  /** A socket that is busy keeps its place. */
  setBusy(socket: Socket, busy: boolean): void {
    if (busy && this.#places.has(socket)) this.#busy.add(socket);
    else this.#busy.delete(socket);
  }

  #candidate(newest: Socket): Socket | undefined {
    const most = Math.max(...this.#counts.values());
    let speaking: Socket | undefined;
    let other: Socket | undefined;
    for (const [socket, { address }] of this.#places) {
      if (socket === newest || this.#busy.has(socket)) continue;
      other ??= socket;
      if (this.#counts.get(address) !== most) continue;
      if (socket.bytesRead === 0) return socket;
      speaking ??= socket;
    }
    return speaking ?? other;
  }
}
