import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, RECURSION_DESIRED } from 'dns-packet';

/** A DNS server that answers every A question with the addresses it holds at the moment. */
export class TestDns {
  readonly #socket: Socket = createSocket('udp4');
  addresses: readonly string[] = [];
  address = '';

  async start(): Promise<void> {
    this.#socket.on('message', (message, from) => {
      const query = decode(message);
      const question = query.questions![0]!;
      const answers = question.type === 'A' ? this.addresses : [];
      const answer = encode({
        type: 'response',
        id: query.id!,
        flags: (query.flags! & RECURSION_DESIRED) | AUTHORITATIVE_ANSWER,
        questions: [question],
        answers: answers.map((data): Answer => ({ type: 'A', name: question.name, ttl: 0, data })),
      });
      this.#socket.send(answer, from.port, from.address);
    });
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    this.address = `127.0.0.1:${this.#socket.address().port}`;
  }

  stop(): void {
    this.#socket.close();
  }
}
