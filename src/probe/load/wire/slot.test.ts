import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { encodeHeaders, errorCode } from '@evenkeel/xds/http2';
import { RawConnection, type RawHttp2Server, type RawServerOptions } from '../../testing/raw-http2-server.ts';
import { type WireAnswer, WireCall } from './call.ts';
import { encodeRequest } from './request.ts';
import { Slot } from './slot.ts';

const request = encodeRequest(encodeHeaders([[':path', '/s/m']], true), [Buffer.alloc(0)]);

/** As `net.Socket`, in memory. */
function asSocket(side: ReturnType<typeof duplexPair>[0]): Socket {
  return Object.assign(side, { setNoDelay: () => side, destroySoon: () => side.destroy() }) as unknown as Socket;
}

interface Network {
  /** The server's side of every connection that was opened. */
  readonly connections: RawConnection[];
  readonly slot: Slot;
  /** Resolves once there are so many connections. */
  opened(count: number): Promise<void>;
  /** Makes one call; resolves when it has reached the server. */
  call(): Promise<void>;
  readonly answers: WireAnswer[];
}

/** A slot, and a server that does what the test says; in memory, and timers stand still. */
async function network(t: TestContext): Promise<Network> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const connections: RawConnection[] = [];
  const answers: WireAnswer[] = [];
  let look = (): void => {};
  let came = (): void => {};
  const options: RawServerOptions = { onRequest: () => came() };
  const server = { resets: [], goAways: [], bytes: 0, violations: 0 } as unknown as RawHttp2Server;
  const dial = async (): Promise<Socket> => {
    const [here, there] = duplexPair();
    connections.push(new RawConnection(asSocket(there), options, server));
    return asSocket(here);
  };
  const slot = new Slot({ host: '127.0.0.1', port: 1 }, dial, request, 10_000, {
    changed: () => look(),
    ended: (_call, answer) => {
      answers.push(answer);
      look();
    },
    unprocessed: () => {},
  });
  t.after(() => slot.close());
  await slot.connect();
  const until = (test: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      look = () => {
        if (test()) resolve();
      };
      look();
    });
  return {
    ...{ connections, answers, slot },
    opened: (count) => until(() => connections.length === count && slot.connection !== undefined),
    async call() {
      const reached = new Promise<void>((resolve) => {
        came = resolve;
      });
      slot.connection!.begin(new WireCall({ single: true, keepMessage: false }, Number.POSITIVE_INFINITY, () => {}));
      await reached;
    },
  };
}

test('the next connection is opened before the old one has drained, at once where it has work', async (t) => {
  const { connections, slot, call, opened, answers } = await network(t);
  const old = slot.connection!;
  await call();
  // nginx says so of the last request of a connection, and answers it then.
  connections[0]!.goAway(1, errorCode.noError);
  await opened(2);
  assert.ok(slot.connection !== old);
  assert.equal(old.isUsable, false);
  connections[0]!.stream(1).ok();
  await until(() => answers.length === 1);
  assert.equal(answers[0]!.status, 0);
});

test('a server that only closes connections is not called in a loop', async (t) => {
  const { connections, slot, call, opened } = await network(t);
  connections[0]!.goAway(0, errorCode.noError);
  await until(() => slot.connection === undefined);
  assert.equal(connections.length, 1);
  t.mock.timers.tick(100);
  await opened(2);
  // So it is where it has refused all that it was asked.
  await call();
  connections[1]!.goAway(0, errorCode.noError);
  await until(() => slot.connection === undefined);
  assert.equal(connections.length, 2);
});

/** Looks after every turn of the event loop. */
async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setImmediate(resolve));
}
