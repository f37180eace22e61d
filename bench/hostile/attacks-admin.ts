// What reaches the admin server, where the kubelet asks as well.
import { once } from 'node:events';
import type { Attack, Target } from './attacks.ts';
import { rawSocket } from './raw-connection.ts';
import { again } from './repeat.ts';

const host = 'host: localhost\r\n';
const request = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\n${host}${more}\r\n`;

/** So many sockets that begin something and go on with a little of it now and then; one that is closed is opened again. */
function dribble(count: number, first: string, drop: string): Attack['run'] {
  return async ({ port, over }: Target) => {
    await Promise.all(
      Array.from({ length: count }, () =>
        again(over, async () => {
          const socket = rawSocket(port);
          for (socket.write(first); !over() && !socket.closed; socket.write(drop)) {
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          socket.destroy();
        }),
      ),
    );
  };
}

/** So many sockets that ask and never read; one that is closed is opened again. */
function unread(count: number, asked: string): Attack['run'] {
  return async ({ port, over }: Target) => {
    await Promise.all(
      Array.from({ length: count }, () =>
        again(over, async () => {
          const socket = rawSocket(port).pause();
          // Who does not read does not see the end either: a write says so.
          for (socket.write(asked); !over() && !socket.closed; socket.write(asked)) {
            await new Promise((resolve) => setTimeout(resolve, 500));
          }
          socket.destroy();
        }),
      ),
    );
  };
}

/** Connects, asks and goes, as often as it can. */
async function reconnecting({ port, over }: Target): Promise<void> {
  const one = async (): Promise<void> => {
    const socket = rawSocket(port);
    await once(socket, 'connect');
    socket.write(request('/healthz'), () => socket.destroy());
    await once(socket, 'close');
  };
  await again(over, async () => void (await Promise.all(Array.from({ length: 40 }, one))));
}

export const adminAttacks: Readonly<Record<string, Attack>> = {
  'slow-headers': {
    what: 'admin: 300 requests whose headers never end (slowloris)',
    on: 'admin',
    run: dribble(300, `GET /healthz HTTP/1.1\r\n${host}`, 'x-a: b\r\n'),
  },
  'slow-bodies': {
    what: 'admin: 300 requests whose bodies come byte by byte',
    on: 'admin',
    run: dribble(
      300,
      `POST /healthz HTTP/1.1\r\n${host}content-type: application/json\r\ncontent-length: 1000\r\n\r\n`,
      ' ',
    ),
  },
  'dump-unread': {
    what: 'admin: 50 sockets that ask for /config_dump and never read',
    on: 'admin',
    run: unread(50, request('/config_dump?limit=100000')),
  },
  'load-unread': { what: 'admin: the same with /load', on: 'admin', run: unread(50, request('/load')) },
  'events-unread': {
    what: 'admin: 50 streams of events of /load, never read',
    on: 'admin',
    run: unread(50, request('/load', 'accept: text/event-stream\r\n')),
  },
  'page-unread': {
    what: 'admin: 50 streams of events of the page, never read',
    on: 'admin',
    run: unread(50, request('/dashboard/events?topic=clients')),
  },
  'admin-reconnecting': {
    what: 'admin: connects, asks for /healthz and goes, 40 at a time',
    on: 'admin',
    run: reconnecting,
  },
  pipelined: {
    what: 'admin: 1,000 requests for /metrics in one write, never read',
    on: 'admin',
    run: unread(20, request('/metrics').repeat(1_000)),
  },
  'pipelined-errors': {
    what: 'admin: 1,000 requests that Node refuses itself in one write, never read',
    on: 'admin',
    run: unread(20, request('/metrics', 'expect: a\r\n').repeat(1_000)),
  },
};
