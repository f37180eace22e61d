import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
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

test('the next connection is opened before the old one has drained', async () => {
  const connections: RawConnection[] = [];
  const requests = Promise.withResolvers<void>();
  const options: RawServerOptions = { onRequest: () => requests.resolve() };
  const server = { resets: [], goAways: [], bytes: 0, violations: 0 } as unknown as RawHttp2Server;
  const dial = async (): Promise<Socket> => {
    const [here, there] = duplexPair();
    connections.push(new RawConnection(asSocket(there), options, server));
    return asSocket(here);
  };
  const opened = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<WireAnswer>();
  const slot = new Slot({ host: '127.0.0.1', port: 1 }, dial, request, 10_000, {
    changed: () => {
      if (connections.length === 2) opened.resolve();
    },
    ended: (_call, answer) => answered.resolve(answer),
    unprocessed: () => assert.fail('the server said that it processes it'),
  });
  await slot.connect();
  const old = slot.connection!;
  old.begin(new WireCall({ single: true, keepMessage: false }, Number.POSITIVE_INFINITY, () => {}));
  await requests.promise;
  connections[0]!.goAway(2 ** 31 - 1, errorCode.noError);
  await opened.promise;
  assert.ok(slot.connection !== undefined && slot.connection !== old);
  assert.equal(old.isUsable, false);
  // The old one still carries its call.
  connections[0]!.stream(1).ok();
  assert.equal((await answered.promise).status, 0);
  slot.close();
});
