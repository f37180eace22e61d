import { createSocket, type Socket } from 'node:dgram';
import { AUTHORITATIVE_ANSWER, decode, encode } from 'dns-packet';

/** A DNS server with one name, of which every A record is a replica: a headless Service as a cluster's DNS has it. */
export class HeadlessDns {
  /** `HOST:PORT` */
  readonly address: string;
  /** In the order in which they are answered. */
  addresses: readonly string[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.address = `127.0.0.1:${socket.address().port}`;
    socket.on('message', (bytes, { address, port }) => {
      const query = decode(bytes);
      const [question] = query.questions ?? [];
      const name = question?.name ?? '';
      const answers =
        question?.type === 'A' ? this.addresses.map((data) => ({ type: 'A' as const, name, ttl: 1, data })) : [];
      const questions = query.questions ?? [];
      socket.send(
        encode({ type: 'response', id: query.id, flags: AUTHORITATIVE_ANSWER, questions, answers }),
        port,
        address,
      );
    });
  }

  static async start(): Promise<HeadlessDns> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, '127.0.0.1', resolve);
    });
    return new HeadlessDns(socket);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(resolve));
  }
}
