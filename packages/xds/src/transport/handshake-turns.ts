import type { Socket } from 'node:net';

/** Handshakes that begin in one turn of the event loop: OpenSSL answers one in up to a millisecond. */
const beginPerTurn = 2;

/**
 * Handshakes wait for their turn, one address after the other. A socket waits from the moment at which its client has sent something,
 * as thousands that connected before can send what they have at the same time.
 */
export class HandshakeTurns {
  readonly #begin: (socket: Socket) => void;
  /** Those that have sent something, by address, in the order of their turns. */
  readonly #line = new Map<string, Set<Socket>>();
  #next: NodeJS.Immediate | undefined;

  /** @param begin - reads what the client has sent */
  constructor(begin: (socket: Socket) => void) {
    this.#begin = begin;
  }

  /** Begins its handshake in one of the next turns after its client has sent something, unless it is closed before. */
  add(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const leave = (): void => this.#leave(address, socket);
    socket.once('close', leave);
    socket.once('readable', () => {
      // The client has closed its side: to read on is to come to the end.
      if (socket.readableLength === 0) return void socket.resume();
      if (socket.destroyed) return;
      const own = this.#line.get(address);
      if (own === undefined) this.#line.set(address, new Set([socket]));
      else own.add(socket);
      if (this.#next === undefined) this.#turn();
    });
  }

  /** Sockets that have sent something and wait. */
  get waiting(): number {
    let count = 0;
    for (const sockets of this.#line.values()) count += sockets.size;
    return count;
  }

  #turn(): void {
    this.#next = undefined;
    let begun = 0;
    // A loop over a map comes to what was added during it: an address that has more is behind the others.
    for (const [address, sockets] of this.#line) {
      const [socket] = sockets;
      this.#leave(address, socket!);
      if (sockets.size > 0) {
        this.#line.delete(address);
        this.#line.set(address, sockets);
      }
      this.#begin(socket!);
      begun += 1;
      if (begun >= beginPerTurn) break;
    }
    if (begun > 0) this.#next = setImmediate(() => this.#turn());
  }

  #leave(address: string, socket: Socket): void {
    const own = this.#line.get(address);
    if (own?.delete(socket) && own.size === 0) this.#line.delete(address);
  }
}
