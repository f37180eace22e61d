import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { MemoryBudget } from '@evenkeel/xds';
import { TestAuthority } from './testing/certificates.ts';
import { TlsListener, type TlsListenerOptions, type TlsRefusal } from './tls-listener.ts';

const authority = new TestAuthority();
const certificate = authority.issue({ commonName: 'xds-srv', ips: ['127.0.0.1'], usage: 'server' });
const handshakeBytes = 128 * 1024;

async function listen(t: TestContext, options: Partial<TlsListenerOptions> = {}, totalBytes = 1_000_000) {
  const memory = new MemoryBudget({ totalBytes, connectionBytes: totalBytes });
  const refusals: TlsRefusal[] = [];
  const waiting: (() => void)[] = [];
  const accepted: Socket[] = [];
  const told = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  const listener = new TlsListener({
    material: { ...certificate, notAfterMs: Number.MAX_SAFE_INTEGER, keyMode: 0o600 },
    authorize: () => undefined,
    accepted: (socket) => {
      accepted.push(socket);
      told();
    },
    refused: (refusal) => {
      refusals.push(refusal);
      told();
    },
    memory,
    maxHandshakes: 100,
    ...options,
  });
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of [...sockets, ...accepted]) socket.destroy();
    listener.close();
  });
  const silent = async (localAddress = '127.0.0.1'): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port, localAddress }).on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const shakeHands = (localAddress: string) => {
    const options = { host: '127.0.0.1', port, localAddress, ca: authority.cert, ALPNProtocols: ['h2'] };
    const socket = connectTls(options).on('error', () => {});
    sockets.push(socket);
    return once(socket, 'secureConnect');
  };
  return { listener, memory, refusals, accepted, silent, until, shakeHands };
}

test('a handshake has a deadline, however busy its client is', async (t) => {
  const { memory, refusals, silent, until } = await listen(t, { handshakeTimeoutMs: 300 });
  const socket = await silent();
  // The header of a record that is as long as may be, and then what is in it, byte by byte.
  socket.write(Buffer.from([0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3]));
  const busy = setInterval(() => socket.write(Buffer.alloc(1)), 10);
  t.after(() => clearInterval(busy));
  await until(() => refusals.length === 1);
  assert.deepEqual([refusals[0]!.reason, memory.usedBytes], ['handshake', 0]);
  assert.match(refusals[0]!.message, /timeout/);
});

test('handshakes are charged while they last, and give way beyond the budget', async (t) => {
  const { memory, refusals, accepted, silent, until, shakeHands } = await listen(t, {}, 5 * handshakeBytes);
  const sockets = [await silent(), await silent()];
  await shakeHands('127.0.0.7');
  await until(() => accepted.length === 1);
  assert.equal(memory.usedBytes, 2 * handshakeBytes, 'whoever has come in is charged by who took over');
  for (let count = 0; count < 5; count++) sockets.push(await silent());
  await until(() => refusals.length >= 2);
  assert.ok(refusals.every(({ reason }) => reason === 'too_many_handshakes'));
  assert.ok(memory.usedBytes <= 5 * handshakeBytes);
});

test('there is a place for who comes, however many handshakes of others do not end', async (t) => {
  const { accepted, refusals, silent, until, shakeHands } = await listen(t, { maxHandshakes: 10 });
  for (let count = 0; count < 20; count++) await silent('127.0.0.66');
  await shakeHands('127.0.0.7');
  await until(() => accepted.length === 1);
  await until(() => refusals.length >= 10);
  for (const { peer, reason } of refusals) {
    assert.match(peer, /^127\.0\.0\.66:/);
    assert.equal(reason, 'too_many_handshakes');
  }
});

test('a socket that says nothing has a deadline, and one that goes before its handshake leaves nothing', async (t) => {
  const { memory, refusals, silent, until } = await listen(t, { handshakeTimeoutMs: 300 });
  (await silent()).destroy();
  await until(() => refusals.length === 1);
  assert.match(refusals[0]!.message, /went before it began/);
  await silent();
  await until(() => refusals.length === 2);
  assert.match(refusals[1]!.message, /timeout/);
  for (const { peer, reason } of refusals) {
    assert.match(peer, /^127\.0\.0\.1:\d+$/);
    assert.equal(reason, 'handshake');
  }
  assert.equal(memory.usedBytes, 0);
});

test('to close the listener cuts those whose handshake has not begun', async (t) => {
  const { listener, memory, silent, until, refusals } = await listen(t);
  const socket = await silent();
  const cut = once(socket.resume(), 'close');
  while (memory.usedBytes === 0) await setImmediate();
  listener.close();
  await cut;
  await until(() => refusals.length === 1);
  assert.equal(memory.usedBytes, 0);
});
