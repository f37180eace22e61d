import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerHttp2Stream, type ServerOptions } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Done, Engine } from '../load/engine.ts';
import { findIdentifier } from './find-identifier.ts';
import { openEngine } from './open-engine.ts';
import { parseProbeOptions } from './options.ts';

type Ended = Parameters<Done>;

/** A connected engine of a server that does with streams what the test says. */
async function open(
  t: TestContext,
  engine: string,
  onStream: (stream: ServerHttp2Stream) => void,
  options: ServerOptions = {},
  deadline = '300ms',
): Promise<Engine> {
  const server = createServer(options).listen(0, '127.0.0.1');
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    onStream(stream);
  });
  await once(server, 'listening');
  t.after(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const opened = await openEngine(parseProbeOptions(address, { engine, deadline }), new AbortController().signal);
  t.after(async () => {
    opened.engine.close();
    await opened.close();
  });
  return opened.engine;
}

const call = (engine: Engine): Promise<Ended> => new Promise((resolve) => engine.call((...ended) => resolve(ended)));

for (const name of ['channel', 'wire'] as const) {
  for (const from of ['header', 'trailer'] as const) {
    test(`${name}: a backend that fails a call and names itself in the only headers is known, by ${from}`, async (t) => {
      const engine = await open(t, name, (stream) => {
        const own = { 'grpc-status': '13', 'grpc-message': 'broken', 'evenkeel-pod': 'pod-a' };
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...own }, { endStream: true });
      });
      engine.identifyBy({ from, name: 'evenkeel-pod' });
      const [status, who, peer, error, held] = await call(engine);
      assert.deepEqual([status, who, error, held], ['INTERNAL', 'pod-a', 'broken', undefined]);
      assert.match(peer!, /^127\.0\.0\.1:/);
    });
  }
}

test('wire: a call that the server took no stream for never left; the one before it did', async (t) => {
  // From the first stream on it takes none: else the second call leaves where the first one's deadline comes a moment before its own.
  const takeNoMore = ({ session }: ServerHttp2Stream): void => session!.settings({ maxConcurrentStreams: 0 });
  const engine = await open(t, 'wire', takeNoMore, { settings: { maxConcurrentStreams: 1 } });
  const ended = await Promise.all([call(engine), call(engine), call(engine)]);
  assert.deepEqual(
    ended.map(([status, , , , held]) => [status, held]),
    [
      ['DEADLINE_EXCEEDED', undefined],
      ['DEADLINE_EXCEEDED', { for: 'stream', leftAt: undefined }],
      ['DEADLINE_EXCEEDED', { for: 'stream', leftAt: undefined }],
    ],
  );
});

test('wire: a call that had to wait for a stream says when it left', async (t) => {
  const engine = await open(
    t,
    'wire',
    (stream) => {
      const own = { 'grpc-status': '0' };
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...own }, { endStream: true });
    },
    { settings: { maxConcurrentStreams: 1 } },
  );
  const startedAt = performance.now();
  const [[, , , , first], [, , , , second]] = await Promise.all([call(engine), call(engine)]);
  assert.equal(first, undefined);
  assert.equal(second?.for, 'stream');
  assert.ok(second!.leftAt! >= startedAt);
});

for (const name of ['channel', 'wire'] as const) {
  test(`${name}: binary metadata that names the backend is base64, as grpcurl prints it`, async (t) => {
    const engine = await open(t, name, (stream) => {
      // Without padding, as grpc-go sends it, and twice.
      const own = { 'grpc-status': '13', 'pod-bin': 'cG9kLWE, cG9kLWI' };
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...own }, { endStream: true });
    });
    engine.identifyBy({ from: 'trailer', name: 'pod-bin' });
    const [, who] = await call(engine);
    const { answer } = await engine.sample();
    assert.deepEqual([who, answer.trailers['pod-bin']], ['cG9kLWE=', 'cG9kLWE=']);
  });
}

for (const name of ['channel', 'wire'] as const) {
  test(`${name}: only a server that says so has no health service`, async (t) => {
    const grpc = { ':status': 200, 'content-type': 'application/grpc' };
    const page = { ':status': 404, 'content-type': 'text/html' };
    for (const [headers, why] of [
      [{ ...grpc, 'grpc-status': '12', 'grpc-message': 'unknown service' }, undefined],
      [{ ...grpc, 'grpc-status': '0' }, /no message came/],
      [page, /HTTP.* 404/],
    ] as const) {
      const engine = await open(t, name, (stream) => stream.respond(headers, { endStream: true }), {}, '30s');
      const options = parseProbeOptions('127.0.0.1:1', { engine: name, deadline: '30s' });
      const found = findIdentifier(engine, options, 1, undefined, new AbortController().signal);
      if (why === undefined) {
        await assert.rejects(found, { code: 'EK_PROBE_METHOD', message: /has no health service/ });
        continue;
      }
      assert.equal((await found).identifier.from, 'peer');
      const [status, , , error] = await call(engine);
      assert.equal(status, 'UNIMPLEMENTED');
      assert.match(error!, why);
    }
  });
}
