// What costs a client less than the server: work in small bytes, and what is left behind when a stream or a connection ends.
import { connect } from 'node:net';
import { adsDeltaPath, frameMessage, loadReportPath } from '@evenkeel/xds';
import type { Attack, Target } from './attacks.ts';
import { field, frame, headers, int32, nextSource, RawConnection, requestBlock, setting } from './raw-connection.ts';
import { again } from './repeat.ts';

const type = (name: string): string => `type.googleapis.com/envoy.config.${name}`;
const cds = type('cluster.v3.Cluster');
const eds = type('endpoint.v3.ClusterLoadAssignment');
const block = requestBlock();
const megabyte = 1024 * 1024;

interface Turn {
  /** Number of the connection's turn. */
  readonly turn: number;
  /** Sends a request with its messages on a new stream; returns its number. */
  ask(messages?: readonly Uint8Array[], path?: string): number;
  write(bytes: Uint8Array): void;
}

/** Does something again and again on a connection, as fast as the server takes it, and begins anew after so many turns. */
function turns(
  work: (turn: Turn) => void,
  { perConnection = Number.POSITIVE_INFINITY, hello }: { perConnection?: number; hello?: Uint8Array } = {},
) {
  return async ({ port, over }: Target): Promise<void> =>
    again(over, async () => {
      const connection = await RawConnection.open(port, hello);
      let id = -1;
      const ask = (messages: readonly Uint8Array[] = [], path?: string): number => {
        id += 2;
        connection.write(headers(id, path === undefined ? block : requestBlock(path)));
        for (const message of messages) connection.message(id, message);
        return id;
      };
      for (let turn = 0; connection.isOpen && !over() && turn < perConnection; turn++) {
        work({ turn, ask, write: (bytes) => connection.write(bytes) });
        await connection.drained();
      }
      connection.socket.destroy();
    });
}

/** Fields without content, which take two bytes each. */
function empty(fieldNumber: number, bytes: number): Buffer {
  return Buffer.alloc(bytes & ~1, Buffer.from([(fieldNumber << 3) | 2, 0]));
}

const list = (fieldNumber: number, count: number, of: (index: number) => string): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => field(fieldNumber, of(index))));

/** What attackers send, made once when the first of them begins: all of it takes a second, and a process needs one part at most. */
function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const tinyFields = lazy(() => Buffer.concat([field(4, cds), empty(15, 4 * megabyte - 100)]));
const tinyDetails = lazy(() => Buffer.concat([field(4, cds), field(5, '1'), field(6, empty(3, 4 * megabyte - 200))]));
const versions = lazy(() =>
  Buffer.concat([
    field(2, eds),
    ...Array.from({ length: 20_000 }, (_, index) =>
      field(5, Buffer.concat([field(1, `name-${index}`), field(2, '1')])),
    ),
  ]),
);
const names = lazy(() => Buffer.concat([field(4, eds), list(3, 20_000, (index) => `left-${index}`)]));

/** A list in a list in a list, as deep as a node's bytes allow. */
const deepNode = lazy(() => {
  let value: Buffer = Buffer.from([8, 0]);
  while (value.length < 60_000) value = field(6, field(1, value));
  const metadata = field(1, Buffer.concat([field(1, 'deep'), field(2, value)]));
  return Buffer.concat([field(1, Buffer.concat([field(1, 'n'), field(3, metadata)])), field(4, cds)]);
});

const crumbs = lazy(() =>
  requestBlock(
    undefined,
    Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`c${index.toString(36)}`, ''])),
  ),
);

/** A load report with as many clusters as a message has room for. */
const report = lazy(() =>
  Buffer.concat(
    Array.from({ length: 100_000 }, (_, index) =>
      field(2, Buffer.concat([field(1, `cluster-${index}`), field(2, field(1, field(1, 'region')))])),
    ),
  ),
);

/** Requests of HTTP/1.1, each on a connection of its own. */
async function http1({ port, over }: Target): Promise<void> {
  await again(over, async () => {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connect({ host: '127.0.0.1', port, localAddress: nextSource() });
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.on('error', () => {}).resume();
        socket.end(`GET /${'x'.repeat(8_000)} HTTP/1.1\r\nhost: \u001b[31m\r\n\r\n`);
        await closed;
      }),
    );
  });
}

export const workAttacks: Readonly<Record<string, Attack>> = {
  'tiny-fields': {
    what: 'requests with two million fields without content',
    run: turns(({ ask }) => ask([tinyFields()])),
  },
  'tiny-details': {
    what: 'NACKs with two million details without content',
    run: turns(({ ask }) => ask([tinyDetails()])),
  },
  'names-dropped': {
    what: '20,000 names on each of 4 streams, and the connection given up',
    run: turns(({ ask }) => void ask([names()]), { perConnection: 4 }),
  },
  'deep-nodes': {
    what: 'node metadata as deep as its bytes allow',
    run: turns(({ ask }) => void ask([deepNode()])),
  },
  'load-reports': {
    what: 'load reports with 100,000 clusters each, 8 a stream',
    run: turns(({ ask }) => void ask(Array.from({ length: 8 }, report), loadReportPath)),
  },
  http1: { what: 'HTTP/1.1 with 8 kB of path, on connection after connection', run: http1 },
  'window-by-one': {
    what: 'all clusters, taken byte by byte on 50 streams',
    run: turns(
      ({ turn, ask, write }) => {
        if (turn < 50) ask([field(4, cds)]);
        else
          write(
            Buffer.concat(
              Array.from({ length: 500 }, (_, at) => frame('windowUpdate', 0, (at % 50) * 2 + 1, int32(1))),
            ),
          );
      },
      { hello: setting(4, 0) },
    ),
  },
  'header-crumbs': {
    what: 'requests with 400 headers without content',
    run: turns(({ turn, write }) => write(headers(turn * 2 + 1, crumbs(), true))),
  },
  'long-watches': {
    what: 'health watches with a name of 4 MiB, and with two million fields',
    run: turns(({ turn, ask }) => {
      const name = field(1, 'w'.repeat(4 * megabyte - 100));
      return ask([turn % 2 === 0 ? name : empty(15, 4 * megabyte - 100)], '/grpc.health.v1.Health/Watch');
    }),
  },
  'unknown-methods': {
    what: 'methods that nobody has, with names that would move a cursor',
    run: turns(({ turn, ask }) => void ask([], `/\u001b[2J.Service${turn}/Method`)),
  },
  'versions-anew': {
    what: 'delta: 20,000 versions of an earlier stream, on stream after stream',
    run: turns(({ ask, write }) => {
      const id = ask([versions()], adsDeltaPath);
      write(frame('rstStream', 0, id, int32(8)));
    }),
  },
  'clusters-by-turns': {
    what: 'all clusters taken and given up, 200 times a write',
    run: turns(({ turn, ask, write }) => {
      if (turn === 0) ask();
      const both = [field(4, cds), Buffer.concat([field(4, cds), field(3, 'none')])];
      const one = Buffer.concat(both.map((message) => frameMessage(message)));
      write(frame('data', 0, 1, Buffer.concat(Array.from({ length: 100 }, () => one))));
    }),
  },
};
