import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, RECURSION_DESIRED } from 'dns-packet';

/** A DNS server that knows the A records it is given, by full name; the map may change while it runs. */
export async function startDns(test: TestContext, records: ReadonlyMap<string, readonly string[]>): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const query = decode(message);
    const question = query.questions![0]!;
    const known = records.get(question.name.toLowerCase());
    const addresses = question.type === 'A' ? (known ?? []) : [];
    const answer = encode({
      type: 'response',
      id: query.id!,
      // The low four bits are the code: 3 is NXDOMAIN.
      flags: (query.flags! & RECURSION_DESIRED) | AUTHORITATIVE_ANSWER | (known === undefined ? 3 : 0),
      questions: [question],
      answers: addresses.map((data): Answer => ({ type: 'A', name: question.name, ttl: 1, data })),
    });
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  test.after(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}
