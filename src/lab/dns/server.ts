import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type ReplyContext, reply } from './reply.ts';

/** Connections that ask over TCP at one time; further ones are closed at once. */
const maxConnections = 256;
/** A connection that asks nothing for this long is closed (RFC 7766 §6.2.3). */
const idleMs = 10_000;
/** A query is a few dozen bytes; what announces more than this is not one. */
const maxQueryBytes = 4096;

/** DNS over UDP and TCP on one address. */
export class DnsServer {
  readonly #udp: DatagramSocket;
  readonly #tcp: Server;
  readonly #sockets = new Set<Socket>();
  #context: (() => ReplyContext) | undefined;

  constructor() {
    this.#udp = createSocket('udp4', (message, { port, address }) => {
      const answer = this.#reply(message, 'udp');
      if (answer !== undefined) this.#udp.send(answer, port, address, () => {});
    });
    this.#udp.on('error', () => {});
    this.#tcp = createServer((socket) => this.#serve(socket));
    this.#tcp.maxConnections = maxConnections;
  }

  /** @throws what the system says, EACCES and EADDRINUSE among it; nothing is bound then. */
  async listen(host: string, port: number): Promise<void> {
    this.#udp.bind({ address: host, port });
    await once(this.#udp, 'listening');
    this.#tcp.listen({ host, port });
    await once(this.#tcp, 'listening');
  }

  /** From now on queries are answered. @param context - asked anew for every query */
  serve(context: () => ReplyContext): void {
    this.#context = context;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = this.#tcp.listening ? once(this.#tcp, 'close') : undefined;
    this.#tcp.close();
    await new Promise<void>((resolve) => {
      try {
        this.#udp.close(resolve);
      } catch {
        resolve();
      }
    });
    await closed;
  }

  #reply(message: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined {
    return this.#context === undefined ? undefined : reply(message, transport, this.#context());
  }

  /** Two bytes of length before every message (RFC 1035 §4.2.2); several may come before the first is answered. */
  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('drain', () => socket.resume());
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2) {
        const length = pending.readUInt16BE(0);
        if (length > maxQueryBytes) return void socket.destroy();
        if (pending.length < 2 + length) return;
        const answer = this.#reply(pending.subarray(2, 2 + length), 'tcp');
        pending = pending.subarray(2 + length);
        if (answer === undefined) return void socket.destroy();
        const prefix = Buffer.alloc(2);
        prefix.writeUInt16BE(answer.length);
        if (!socket.write(Buffer.concat([prefix, answer]))) socket.pause();
      }
    });
  }
}
