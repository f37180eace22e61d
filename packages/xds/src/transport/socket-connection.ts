import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';
import { peerHost } from '../grpc/peer-host.ts';
import { SocketPeer } from '../grpc/socket-peer.ts';
import { lingerMs, type Peer } from '../grpc/transport.ts';
import type { MemoryBudget } from '../memory/memory-budget.ts';
import { Http2Connection } from './connection.ts';
import type { EventLoop } from './event-loop.ts';
import type { Http2Limits } from './limits.ts';
import type { ConnectionOwner, Wire } from './wire.ts';

/** What OpenSSL takes for a connection. */
export const tlsBytes: number = 48 * 1024;

/** A socket of `node:net` or `node:tls` as a wire. */
class SocketWire implements Wire {
  readonly #socket: Socket;
  #peer: Peer | undefined;
  /** As `writableNeedDrain` says, which takes several times as long to ask. */
  #needsDrain = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  drained(): void {
    this.#needsDrain = false;
  }

  get peer(): Peer {
    this.#peer ??= new SocketPeer(this.#socket);
    return this.#peer;
  }

  get heldBytes(): number {
    return this.#socket instanceof TLSSocket ? tlsBytes : 0;
  }

  get takesMore(): boolean {
    return !this.#needsDrain || this.#socket.destroyed;
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable && !this.#socket.write(bytes)) this.#needsDrain = true;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** What was written shall arrive: the client gets some time to read it and to close its side. */
  end(): void {
    const socket = this.#socket;
    socket.end();
    const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
    socket.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Serves HTTP/2 on a socket: with TLS after the handshake, without it with prior knowledge (RFC 9113, 3.3). */
export function serveSocket(
  socket: Socket,
  owner: ConnectionOwner,
  limits: Http2Limits,
  clock: Clock,
  memory: MemoryBudget,
  loop: EventLoop,
): Http2Connection {
  loop.accepted();
  socket.setNoDelay(true);
  const wire = new SocketWire(socket);
  const connection = new Http2Connection(wire, owner, limits, clock, memory, loop);
  socket.on('data', (chunk: Buffer) => {
    connection.receive(chunk);
  });
  socket.on('drain', () => {
    wire.drained();
    connection.drained();
  });
  // A client that closes its side is gone: HTTP/2 has no half-closed connections.
  // Node would end each at once; thousands that go together shall not hold up the others.
  socket.allowHalfOpen = true;
  socket.on('end', () => void loop.queueOnce(peerHost(connection.peer.address), () => close(socket)));
  // A broken connection is no error of ours; 'close' follows.
  socket.on('error', () => {});
  socket.on('close', () => connection.closed());
  return connection;
}

function close(socket: Socket): void {
  if (socket.writableLength > 0) socket.destroySoon();
  else socket.destroy();
}
