import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { KubeAccess } from '../../../src/discovery/kubernetes/kube-request.ts';

/** A cable to the API server that can be cut. */
export class Cuttable {
  readonly #real: KubeAccess;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(real: KubeAccess) {
    this.#real = real;
    const { hostname, port } = new URL(real.server);
    this.#server = createServer((near) => {
      if (this.#isCut) {
        near.destroy();
        return;
      }
      const far = connect(Number(port || 443), hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.on('error', () => {});
        one.on('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
  }

  static async start(real: KubeAccess): Promise<Cuttable> {
    const cable = new Cuttable(real);
    await new Promise<void>((resolve) => cable.#server.listen(0, '127.0.0.1', resolve));
    return cable;
  }

  /** The API server at the near end; its certificate is still that of the real one. */
  get access(): KubeAccess {
    const { port } = this.#server.address() as AddressInfo;
    return {
      server: `https://127.0.0.1:${port}`,
      origin: 'test',
      requestOptions: async () => ({ ...(await this.#real.requestOptions()), servername: 'kubernetes' }),
    };
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
