import { adsDeltaPath } from '@evenkeel/xds';
import type { Attack, Target } from './attacks.ts';
import { field, headers, RawConnection, requestBlock } from './raw-connection.ts';
import { again } from './repeat.ts';

const cds = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
const eds = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';

/** Every stream of a connection sends the messages of a maker, and waits for the server to take them. */
function streams(
  count: number,
  messages: (stream: number) => Iterable<Uint8Array>,
  path?: string,
  tls = false,
): Attack['run'] {
  return async ({ port, over }: Target) =>
    again(over, async () => {
      const connection = await RawConnection.open(port, undefined, tls);
      for (let stream = 0; stream < count && connection.isOpen && !over(); stream++) {
        const id = stream * 2 + 1;
        connection.write(headers(id, requestBlock(path)));
        for (const bytes of messages(stream)) {
          connection.data(id, bytes);
          await connection.drained();
          if (!connection.isOpen || over()) break;
        }
      }
      while (connection.isOpen && !over()) await new Promise((resolve) => setTimeout(resolve, 20));
      connection.socket.destroy();
    });
}

function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

const megabyte = 1024 * 1024;
/** A message of 4 MiB less its last byte. */
const unfinished = framed(Buffer.alloc(4 * megabyte)).subarray(0, -1);

const unfinishedPieces: Attack['run'] = streams(100, () => [unfinished.subarray(0, 15 * 1024)]);

/** These on 100 streams of a connection with TLS. */
export const unfinishedWithTls: Attack['run'] = streams(100, () => [unfinished], undefined, true);

function names(stream: number, count: number, length: number, turn = 0): Buffer {
  const list = [field(4, eds)];
  for (let index = 0; index < count; index++) list.push(field(3, `${turn}-${stream}-${index}`.padEnd(length, 'x')));
  return framed(Buffer.concat(list));
}

function* changing(stream: number): Generator<Buffer> {
  for (let turn = 0; ; turn++) yield names(stream, 20_000, 12, turn % 2);
}

function* wildcards(): Generator<Buffer> {
  const first = field(2, cds);
  const on = framed(Buffer.concat([first, field(3, '*')]));
  const off = framed(Buffer.concat([first, field(4, '*')]));
  const batch = Buffer.concat(Array.from({ length: 200 }, () => Buffer.concat([on, off])));
  for (;;) yield batch;
}

function* nacks(): Generator<Buffer> {
  yield framed(field(4, cds));
  const text = field(6, field(2, 'x'.repeat(3 * megabyte)));
  for (let nonce = 1; ; nonce++) yield framed(Buffer.concat([field(4, cds), field(5, String(nonce)), text]));
}

function types(stream: number): Buffer[] {
  return Array.from({ length: 30 }, (_, type) =>
    framed(Buffer.concat([field(4, `${stream}/${type}/`.padEnd(4 * megabyte - 100, 'y')), field(3, 'a')])),
  );
}

function versions(stream: number): Buffer[] {
  const list = [field(2, eds)];
  for (let index = 0; index < 3; index++) {
    const entry = Buffer.concat([field(1, `${stream}-${index}`), field(2, 'v'.repeat(megabyte))]);
    list.push(field(5, entry));
  }
  return [framed(Buffer.concat(list))];
}

/** A node as large as it may be, in small pieces. */
function node(stream: number): Buffer[] {
  const entry = (index: number): Buffer =>
    field(1, Buffer.concat([field(1, `${index}`), field(2, Buffer.from([16, 1]))]));
  const metadata = Buffer.concat(Array.from({ length: 4_000 }, (_, index) => entry(index)));
  const message = Buffer.concat([field(1, `n${stream}`), field(3, metadata)]);
  return [framed(Buffer.concat([field(1, message), field(4, cds), field(3, 'a')]))];
}

/** Malformed requests, each on a stream of its own, with a node that is worth a long log line. */
async function malformed({ port, over }: Target): Promise<void> {
  await again(over, async () => {
    const connection = await RawConnection.open(port);
    const bad = framed(Buffer.concat([field(1, field(1, '\u001b[31m'.padEnd(60_000, 'z'))), field(4, '')]));
    for (let id = 1; connection.isOpen && !over(); id += 2) {
      connection.write(headers(id, requestBlock()));
      connection.data(id, bad);
      await connection.drained();
    }
    connection.socket.destroy();
  });
}

export const grpcAttacks: Readonly<Record<string, Attack>> = {
  'unfinished-messages': {
    what: '4 MiB of an unfinished message on each of 100 streams',
    run: streams(100, () => [unfinished]),
  },
  'unfinished-pieces': {
    what: '15 KiB of an unfinished message on each of 100 streams of 40 connections',
    run: async (target) => void (await Promise.all(Array.from({ length: 40 }, () => unfinishedPieces(target)))),
  },
  'long-names': { what: 'names of 4 KiB, 900 a stream, 100 streams', run: streams(100, (s) => [names(s, 900, 4_000)]) },
  'short-names': { what: '99,000 short names a stream, 100 streams', run: streams(100, (s) => [names(s, 99_000, 10)]) },
  'other-names': { what: '20,000 names, then others, again and again', run: streams(1, changing) },
  'long-types': { what: 'type URLs of 4 MiB, 30 a stream', run: streams(100, types) },
  'long-versions': { what: 'initial versions of 1 MiB', run: streams(100, versions, adsDeltaPath) },
  'long-nacks': { what: 'NACKs with 3 MiB of text', run: streams(1, nacks) },
  'large-nodes': { what: 'node metadata of 4,000 entries, 100 streams', run: streams(100, node) },
  'malformed-requests': { what: 'malformed requests with 60 kB of node id', run: malformed },
  'wildcard-flapping': {
    what: 'a wildcard taken and given back, 400 times a write',
    run: streams(1, wildcards, adsDeltaPath),
  },
};
