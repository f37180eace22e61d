import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { LiveStreams } from './live-streams.ts';

const timeout = 60_000;
/** Longer than what the sockets of both sides take. */
const long = { megabytes: 'x'.repeat(20 * 1024 * 1024) };

/** A real server that hands each answer over, and clients that say when they read. */
async function start(t: TestContext, answer: (response: ServerResponse) => void) {
  const server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients: Socket[] = [];
  t.after(async () => {
    for (const client of clients) client.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return (): Socket => {
    const client = connect({ host: '127.0.0.1', port }).on('error', () => {});
    client.pause();
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    clients.push(client);
    return client;
  };
}

test('who does not read has one event in memory, and is ended after a while', { timeout }, async (t) => {
  const changes: boolean[] = [];
  const streams = new LiveStreams((_socket, isOpen) => changes.push(isOpen), 1);
  const ended = Promise.withResolvers<void>();
  let made = 0;
  const open = await start(t, (response) =>
    streams.open(response, {}, (stream) => {
      for (let event = 0; event < 3; event++) {
        stream.send('rows', () => {
          made += 1;
          return long;
        });
      }
      return ended.resolve;
    }),
  );
  open();
  await ended.promise;
  assert.deepEqual([made, changes], [1, [true, false]]);
});

test('who reads late gets what was sent, and what comes then', { timeout }, async (t) => {
  const streams = new LiveStreams();
  const begun = Promise.withResolvers<void>();
  const open = await start(t, (response) =>
    streams.open(response, { 'x-own': 'kept' }, (stream) => {
      stream.send('rows', () => long);
      stream.send('rows', () => assert.fail('made for nobody'));
      response.once('drain', () => stream.send('rows', () => ({ last: true })));
      begun.resolve();
      return () => {};
    }),
  );
  const client = open();
  await begun.promise;
  const chunks: string[] = [];
  let end = '';
  for await (const chunk of client.setEncoding('latin1')) {
    chunks.push(chunk);
    end = (end + chunk).slice(-100);
    if (end.includes('"last":true')) break;
  }
  const text = chunks.join('');
  assert.match(text, /^HTTP\/1\.1 200 OK\r\nx-own: kept\r\ncontent-type: text\/event-stream; charset=utf-8\r\n/);
  assert.equal(text.match(/event: rows\ndata: /g)?.length, 2);
});

test('sixteen at once, and one more when one has gone', { timeout }, async (t) => {
  const streams = new LiveStreams();
  let begun = 0;
  const full = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const open = await start(t, (response) =>
    streams.open(response, {}, () => {
      begun += 1;
      if (streams.isFull) full.resolve();
      return ended.resolve;
    }),
  );
  const [first] = Array.from({ length: 16 }, open);
  await full.promise;
  assert.equal(begun, 16);
  first!.destroy();
  await ended.promise;
  assert.equal(streams.isFull, false);
});

test('who has gone before it begins has no stream', { timeout }, async (t) => {
  const streams = new LiveStreams(() => assert.fail('no stream'));
  const asked = Promise.withResolvers<void>();
  const open = await start(t, (response) => {
    response.socket!.destroy();
    streams.open(response, {}, () => assert.fail('no stream'));
    asked.resolve();
  });
  open();
  await asked.promise;
  assert.equal(streams.isFull, false);
});
