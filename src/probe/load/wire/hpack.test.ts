import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type WireAnswer, WireConnection } from './connection.ts';
import { encodeHeaders, HeaderReader } from './hpack.ts';

test('what is encoded is read again, long values too', () => {
  const headers = [
    [':path', '/a.B/C'],
    ['x-long', 'v'.repeat(300)],
    ['x-empty', ''],
  ] as const;
  assert.deepEqual(new HeaderReader().read(encodeHeaders(headers)), Object.fromEntries(headers));
});

test('every printable character comes through the Huffman code of a real server', { timeout: 60_000 }, async (t) => {
  const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(index + 32))
    .join('')
    .replace('\\', '');
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'x-all': `a${printable}z`, 'x-path': headers[':path'] },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '5', 'grpc-message': 'not%20here' }));
    stream.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const block = encodeHeaders([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', '/a.B/C'],
    [':authority', 'x'],
  ]);
  const connection = new WireConnection(socket, block, [new Uint8Array(0)], 30_000);
  t.after(async () => {
    connection.close();
    await connection.closed;
    server.close();
  });
  const call = (): Promise<WireAnswer> => new Promise((resolve) => connection.call(false, resolve));
  for (const answer of await Promise.all([call(), call(), call()])) {
    assert.deepEqual([answer.status, answer.error], [5, 'not here']);
    assert.equal(answer.headers['x-all'], `a${printable}z`);
    assert.equal(answer.headers['x-path'], '/a.B/C');
  }
});

test('a block that needs a table is refused', () => {
  assert.throws(() => new HeaderReader().read(Buffer.from([0xbe])), /table/);
  assert.throws(() => new HeaderReader().read(Buffer.from([0x00, 0x05, 0x61])), /cut off/);
});
