import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type LabEndpoint, usable } from '../endpoints.ts';
import type { Random } from '../random.ts';
import type { ServiceSpec } from '../spec.ts';
import { choose } from '../spread.ts';

/** Connections through one Service port at one time; further ones are closed at once. */
const maxConnections = 4096;

export interface ServiceProxyOptions {
  /** Who is behind the Service at this moment. */
  readonly endpoints: () => readonly LabEndpoint[];
  readonly targetPort: number;
  readonly spread: NonNullable<ServiceSpec['spread']>;
  readonly kubeNode?: string | undefined;
  readonly random: Random;
}

/**
 * One port of a ClusterIP: a pod is chosen at random for every connection, as kube-proxy does.
 *
 * A connection that stands is never touched again, whatever becomes of the endpoints. Without a usable endpoint a
 * connection is reset at once.
 */
export class ServiceProxy {
  readonly #options: ServiceProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) =>
      this.#forward(socket),
    );
    this.#server.maxConnections = maxConnections;
  }

  /** @throws what the system says, EACCES and EADDRINUSE among it. */
  async listen(host: string, port: number): Promise<void> {
    this.#server.listen({ host, port });
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #forward(client: Socket): void {
    this.#track(client);
    const { endpoints, targetPort, spread, kubeNode, random } = this.#options;
    const endpoint = choose(usable(endpoints()), spread, random, kubeNode);
    if (endpoint === undefined) {
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    // Whoever does not leave the machine needs no address of it in place of the client's (`externalTrafficPolicy: Local`).
    const localAddress = spread === 'node' ? client.remoteAddress : undefined;
    const to = { host: endpoint.address, port: targetPort, ...(localAddress !== undefined && { localAddress }) };
    const pod = connect({ ...to, allowHalfOpen: true, noDelay: true });
    this.#track(pod);
    join(client, pod);
    join(pod, client);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

/** Bytes, end and failure of one side become those of the other; `pipe` holds back what the other cannot take. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.resetAndDestroy());
  from.on('close', () => {
    if (!from.readableEnded) to.destroy();
  });
}
