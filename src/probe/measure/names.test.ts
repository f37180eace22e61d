import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { callOnce, withEngine } from '../testing/open-for-test.ts';
import { parseProbeOptions } from './options.ts';

const timeout = 60_000;
const engines = ['channel', 'wire'];

/** A server that says by whose name it was called. */
async function start(t: TestContext, where: { host: string; port: number } | { path: string }): Promise<Http2Server> {
  const server = createServer();
  server.on('sessionError', () => {});
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'x-authority': headers[':authority'] },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5));
  });
  server.listen(where);
  await once(server, 'listening');
  t.after(() => server.close());
  return server;
}

async function authorityOf(target: string, flags: object): Promise<(string | undefined)[]> {
  return withEngine(target, { deadline: '20s', ...flags }, async (engine) => {
    engine.identifyBy({ from: 'header', name: 'x-authority' });
    const { status, who, peer, error } = await callOnce(engine);
    assert.equal(status, 'OK', error ?? '');
    return [who, peer];
  });
}

test('servers are called by the name of the target, or by that of --authority', { timeout }, async (t) => {
  const { port } = (await start(t, { host: '127.0.0.1', port: 0 })).address() as AddressInfo;
  for (const engine of engines) {
    for (const [target, authority, expected] of [
      [`127.0.0.1:${port}`, undefined, `127.0.0.1:${port}`],
      [`dns:localhost:${port}`, undefined, `localhost:${port}`],
      [`dns:///localhost:${port}`, undefined, `localhost:${port}`],
      [`ipv4:127.0.0.1:${port}`, undefined, `127.0.0.1:${port}`],
      [`127.0.0.1:${port}`, 'orders.shop', 'orders.shop'],
      [`127.0.0.1:${port}`, 'orders.shop:80', 'orders.shop:80'],
    ] as const) {
      assert.deepEqual(await authorityOf(target, { engine, authority }), [expected, `127.0.0.1:${port}`], engine);
    }
  }
});

test('IPv6 addresses are called in brackets, and without their zone', { timeout }, async (t) => {
  const server = await start(t, { host: '::1', port: 0 }).catch(() => undefined);
  if (server === undefined) return t.skip('this machine has no IPv6');
  const { port } = server.address() as AddressInfo;
  for (const engine of engines) {
    for (const target of [`[::1]:${port}`, `dns:[::1]:${port}`, `dns:///[::1]:${port}`, `ipv6:[::1]:${port}`]) {
      assert.deepEqual(
        await authorityOf(target, { engine }),
        [`[::1]:${port}`, `[::1]:${port}`],
        `${engine} ${target}`,
      );
    }
    const [authority] = await authorityOf(`[::1%25lo]:${port}`, { engine });
    assert.equal(authority, `[::1]:${port}`, engine);
  }
});

test('Unix sockets, abstract ones too, are called on both engines', { timeout }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-names-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'grpc');
  await start(t, { path });
  const name = `evenkeel-${process.pid}`;
  const isLinux = process.platform === 'linux';
  if (isLinux) await start(t, { path: `\0${name}` });
  for (const engine of engines) {
    assert.deepEqual(await authorityOf(`unix:${path}`, { engine }), ['localhost', path], engine);
    assert.deepEqual(await authorityOf(`unix://${path}`, { engine }), ['localhost', path], engine);
    if (isLinux) assert.deepEqual(await authorityOf(`unix-abstract:${name}`, { engine }), ['localhost', `@${name}`]);
  }
});

test('TLS is not asked for on a plaintext URL, and an authority is a name', () => {
  for (const flags of [{ tls: true }, { ca: 'x' }, { cert: 'x', key: 'y' }, { serverName: 'x' }]) {
    assert.throws(() => parseProbeOptions('http://orders.shop/', flags), { code: 'EK_USAGE', message: /asks for TLS/ });
    assert.doesNotThrow(() => parseProbeOptions('https://orders.shop/', flags));
  }
  for (const authority of ['', 'a b', 'a/b', 'user@host', 'http://x', 'x:y', 'a\r\nb']) {
    assert.throws(() => parseProbeOptions('orders:1', { authority }), { code: 'EK_USAGE' }, authority);
  }
});
