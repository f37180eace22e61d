import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A ClusterIP: passes each connection to the next of its backends. */
export class TestProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #next = 0;
  address = '';

  constructor(backends: () => readonly { readonly host: string; readonly port: number }[]) {
    this.#server = createServer((incoming) => {
      const all = backends();
      const backend = all[this.#next++ % all.length]!;
      const outgoing = connect(backend.port, backend.host);
      for (const [one, other] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        this.#sockets.add(one);
        one.once('error', () => other.destroy());
        one.once('close', () => this.#sockets.delete(one));
        one.pipe(other);
      }
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.address = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
