import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, RECURSION_DESIRED } from 'dns-packet';

/** A DNS server that answers every question for A and AAAA with the addresses it holds at the moment. */
export class TestDns {
  readonly #socket: Socket = createSocket('udp4');
  addresses: readonly string[] = [];
  address = '';

  async start(): Promise<void> {
    this.#socket.on('message', (message, from) => {
      const query = decode(message);
      const question = query.questions![0]!;
      const type = question.type === 'AAAA' ? 'AAAA' : 'A';
      const answers =
        question.type === type ? this.addresses.filter((address) => isIPv6(address) === (type === 'AAAA')) : [];
      const answer = encode({
        type: 'response',
        id: query.id!,
        flags: (query.flags! & RECURSION_DESIRED) | AUTHORITATIVE_ANSWER,
        questions: [question],
        answers: answers.map((data): Answer => ({ type, name: question.name, ttl: 0, data })),
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
