import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { BlockList, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { SnapshotCache } from '../cache/snapshot-cache.ts';
import { listenOnQueues } from './accept-queues.ts';
import { AdsServer } from './ads-server.ts';

const host = '127.0.0.1';
/** With eight queues one that is left out would get none of so many connections once in a thousand million runs. */
const enough = 160;

async function open(t: TestContext, port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ host, port, localAddress }).on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function listenAt(t: TestContext, port: number, blockList?: BlockList) {
  const sockets: Socket[] = [];
  const server = createServer({ blockList }, (socket) => sockets.push(socket.on('error', () => {})));
  const listening = await listenOnQueues(server, { host, port }, blockList);
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await listening.close();
  });
  return { server, listening, port: listening.port };
}

test('a port has eight queues where the system can do that', { skip: process.platform !== 'linux' }, async (t) => {
  const { port } = await listenAt(t, 0);
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`;
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  assert.equal(lines.filter((line) => line.includes(local)).length, 8);
});

test('connections of all queues come to the one server, and who is on its list does not', async (t) => {
  const blockList = new BlockList();
  blockList.addAddress('127.0.0.9');
  const { server, port } = await listenAt(t, 0, blockList);
  const refused = await Promise.all(Array.from({ length: enough }, () => open(t, port, '127.0.0.9')));
  await Promise.all(refused.map((socket) => socket.closed || once(socket.resume(), 'close')));
  let came = 0;
  const { promise: allCame, resolve } = Promise.withResolvers<void>();
  server.on('connection', ({ remoteAddress }) => {
    assert.equal(remoteAddress, '127.0.0.1');
    came += 1;
    if (came === enough) resolve();
  });
  await Promise.all([allCame, ...Array.from({ length: enough }, () => open(t, port, '127.0.0.1'))]);
});

test('a port that is in use is an error, and one that was given up can be had again', async (t) => {
  const { listening, port } = await listenAt(t, 0);
  await assert.rejects(listenAt(t, port), { code: 'EADDRINUSE' });
  await listening.close();
  assert.equal((await listenAt(t, port)).port, port);
});

test('a server asks its shares about each connection, before it is one', async (t) => {
  const server = new AdsServer({ cache: new SnapshotCache() });
  t.after(() => server.close());
  t.mock.method(server.shares, 'check', () => true);
  const { port } = await server.listen({ host, port: 0 });
  const sockets = await Promise.all(Array.from({ length: enough }, () => open(t, port, '127.0.0.9')));
  await Promise.all(sockets.map((socket) => socket.closed || once(socket.resume(), 'close')));
  assert.equal(server.open.sessions, 0);
});
