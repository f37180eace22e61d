import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A SOCKS 5 proxy in this process (RFC 1928, and RFC 1929 for its user) that leads every host to one port of this machine. */
export class SocksProxy {
  /** Hosts that were asked for, with their ports: names as names. */
  readonly asked: string[] = [];
  /** `USER:PASSWORD` of the last client. */
  user: string | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #port: number;

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer((socket) => this.#greet(socket));
  }

  static async start(port: number): Promise<SocksProxy> {
    const proxy = new SocksProxy(port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Each message of these clients comes in one piece. */
  #greet(near: Socket): void {
    this.#keep(near);
    near.once('data', (offer: Buffer) => {
      const withUser = offer.subarray(2).includes(2);
      near.write(Buffer.from([5, withUser ? 2 : 0]));
      if (!withUser) {
        near.once('data', (request: Buffer) => this.#lead(near, request));
        return;
      }
      near.once('data', (who: Buffer) => {
        const at = 2 + who[1]!;
        this.user = `${who.toString('latin1', 2, at)}:${who.toString('latin1', at + 1)}`;
        near.write(Buffer.from([1, 0]));
        near.once('data', (request: Buffer) => this.#lead(near, request));
      });
    });
  }

  #lead(near: Socket, request: Buffer): void {
    const isName = request[3] === 3;
    const end = isName ? 5 + request[4]! : 8;
    const host = isName ? request.toString('latin1', 5, end) : [...request.subarray(4, end)].join('.');
    this.asked.push(`${host}:${request.readUInt16BE(end)}`);
    const far = connect(this.#port, '127.0.0.1', () => {
      near.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      near.pipe(far).pipe(near);
    });
    this.#keep(far);
    far.on('close', () => near.destroy());
    near.on('close', () => far.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
