import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** An HTTP proxy in this process that leads every host to one port of this machine. */
export class ConnectProxy {
  /** Hosts that were asked for, with their ports. */
  readonly asked: string[] = [];
  /** Of the last request. */
  authorization: string | undefined;
  /** What it answers; 0: nothing at all. */
  status = 200;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number, tls: { readonly cert: string; readonly key: string } | undefined) {
    this.#server = tls === undefined ? createServer() : createTlsServer(tls);
    this.#server.on('connection', (socket: Socket) => this.#keep(socket));
    this.#server.on('connect', ({ url, headers }, near: Socket) => {
      this.asked.push(url ?? '');
      this.authorization = headers['proxy-authorization'];
      if (this.status === 0) {
        near.resume().on('end', () => near.end());
        return;
      }
      if (this.status !== 200) {
        near.end(`HTTP/1.1 ${this.status} No\r\nContent-Length: 2\r\n\r\nno`);
        return;
      }
      const far = connect(port, '127.0.0.1', () => {
        near.write('HTTP/1.1 200 OK\r\n\r\n');
        near.pipe(far).pipe(near);
      });
      this.#keep(far);
      far.on('close', () => near.destroy());
      near.on('close', () => far.destroy());
    });
  }

  /** @param tls - its certificate; default: it speaks no TLS */
  static async start(port: number, tls?: { readonly cert: string; readonly key: string }): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(port, tls);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
