import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { frameRequest, judge, type RawAnswer } from './grpc-answer.ts';
import { GrpcProbe } from './grpc-probe.ts';
import { statusName } from './grpc-status.ts';
import type { HealthTarget } from './target.ts';
import { TcpProbe } from './tcp-probe.ts';

function grpcTarget(port: number, grpcService = 'echo.EchoServer', address = '127.0.0.1'): HealthTarget {
  return { address, port, policy: { protocol: 'grpc', grpcService } };
}

const never = new AbortController().signal;

/** SERVING, as on the wire. */
const serving = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

/** A real gRPC server, with a health service where statuses are given. */
async function grpcServer(t: TestContext, statuses?: ConstructorParameters<typeof HealthImplementation>[0]) {
  const server = new Server();
  const health = statuses === undefined ? undefined : new HealthImplementation(statuses);
  health?.addToServer(server);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  t.after(() => server.forceShutdown());
  return { port, health, server };
}

function probeOf(t: TestContext, ...targets: HealthTarget[]): GrpcProbe {
  const probe = new GrpcProbe();
  t.after(() => {
    for (const target of targets) probe.forget(target);
  });
  return probe;
}

async function listen(t: TestContext, server: NetServer | Http2Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('what a server says that is no HTTP/2 is the reason', async (t) => {
  const port = await listen(
    t,
    createServer((socket) => void socket.on('error', () => {}).write('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );
  const target = grpcTarget(port);
  assert.deepEqual(await probeOf(t, target).check(target, never), {
    answered: false,
    ok: false,
    reason: 'Protocol error',
  });
});

test('a real health service is understood, and its changes are seen over one connection', async (t) => {
  const { port, health } = await grpcServer(t, { 'echo.EchoServer': 'SERVING', '': 'NOT_SERVING' });
  const whole = grpcTarget(port, '');
  const probe = probeOf(t, grpcTarget(port), whole);
  assert.deepEqual(await probe.check(whole, never), { answered: true, ok: false, reason: 'NOT_SERVING' });
  assert.deepEqual(await probe.check(grpcTarget(port), never), { answered: true, ok: true, reason: 'SERVING' });
  health!.setStatus('echo.EchoServer', 'NOT_SERVING');
  assert.equal((await probe.check(grpcTarget(port), never)).ok, false);
  health!.setStatus('echo.EchoServer', 'SERVING');
  assert.equal((await probe.check(grpcTarget(port), never)).ok, true);
});

test('a health service that does not know the name makes the target unhealthy, and the reason says so', async (t) => {
  const { port } = await grpcServer(t, { other: 'SERVING' });
  const { ok, reason } = await probeOf(t, grpcTarget(port)).check(grpcTarget(port), never);
  assert.equal(ok, false);
  assert.match(reason, /does not know "echo\.EchoServer" \((NOT_FOUND|SERVICE_UNKNOWN)\)/);
});

test('a gRPC server without a health service counts as healthy', async (t) => {
  const { port } = await grpcServer(t);
  const result = await probeOf(t, grpcTarget(port)).check(grpcTarget(port), never);
  assert.deepEqual(result, { answered: true, ok: true, reason: 'no health service (UNIMPLEMENTED)' });
});

test('nobody listening is unhealthy with the reason of the system', async (t) => {
  const server = createServer();
  const port = await listen(t, server);
  await new Promise((resolve) => server.close(resolve));
  assert.equal((await probeOf(t, grpcTarget(port)).check(grpcTarget(port), never)).reason, 'ECONNREFUSED');
  const tcp = await new TcpProbe().check(grpcTarget(port), never);
  assert.deepEqual(tcp, { ok: false, reason: 'ECONNREFUSED' });
});

test('a server that speaks only HTTP/1 is unhealthy', async (t) => {
  const port = await listen(
    t,
    createHttpServer((_request, response) => response.end('hello')),
  );
  assert.equal((await probeOf(t, grpcTarget(port)).check(grpcTarget(port), never)).ok, false);
});

test('a connection that the server ended between checks is replaced without a failure', async (t) => {
  const sessions: ServerHttp2Session[] = [];
  const { port, connections } = await answering(t, sessions);
  const target = grpcTarget(port);
  const probe = probeOf(t, target);
  assert.equal((await probe.check(target, never)).ok, true);
  assert.equal((await probe.check(target, never)).ok, true);
  assert.equal(connections(), 1, 'the connection is kept');
  assert.equal(sessions[0]!.remoteSettings.enablePush, false);
  // Destroyed, not closed: the client learns of it in the middle of its next check, or just before.
  sessions[0]!.destroy();
  assert.equal((await probe.check(target, never)).ok, true);
  assert.equal(connections(), 2);
});

test('a check that was given up ends its connection, and the next one makes another', async (t) => {
  const { port, connections } = await answering(t, [], 1);
  const target = grpcTarget(port);
  const probe = probeOf(t, target);
  const giveUp = new AbortController();
  const check = probe.check(target, giveUp.signal);
  while (connections() === 0) await new Promise(setImmediate);
  giveUp.abort();
  assert.equal((await check).ok, false);
  assert.equal((await probe.check(target, never)).ok, true);
  assert.equal(connections(), 2);
});

test('a check that ended keeps its connection when its signal is aborted later', async (t) => {
  const { port, connections } = await answering(t, []);
  const target = grpcTarget(port);
  const probe = probeOf(t, target);
  const ended = new AbortController();
  assert.equal((await probe.check(target, ended.signal)).ok, true);
  ended.abort();
  assert.equal((await probe.check(target, never)).ok, true);
  assert.equal(connections(), 1);
});

test('a check that is given up before it is connected ends', async (t) => {
  const port = await listen(t, createServer());
  const giveUp = new AbortController();
  const check = probeOf(t, grpcTarget(port)).check(grpcTarget(port), giveUp.signal);
  giveUp.abort();
  assert.equal((await check).ok, false);
});

test('an answer of 4096 bytes is read whole, a longer one is not', async (t) => {
  // Fields that nobody knows (15, bytes) follow the status.
  const answerOf = (length: number) => {
    const message = Buffer.alloc(length - 5);
    message.set([8, 1, 0x7a]);
    const rest = message.length - 5;
    message.set([(rest & 0x7f) | 0x80, rest >> 7], 3);
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(message.length, 1);
    return Buffer.concat([frame, message]);
  };
  const results: string[] = [];
  for (const length of [4_096, 4_097]) {
    const { port } = await answering(t, [], 0, answerOf(length));
    results.push((await probeOf(t, grpcTarget(port)).check(grpcTarget(port), never)).reason);
  }
  assert.deepEqual(results, ['SERVING', 'grpc-status missing']);
});

test('an answer without end is cut off', async (t) => {
  const server = createHttp2Server();
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    const write = (): void => {
      if (!stream.destroyed) stream.write(Buffer.alloc(65_536), write);
    };
    write();
  });
  const port = await listen(t, server);
  const { ok, reason } = await probeOf(t, grpcTarget(port)).check(grpcTarget(port), never);
  assert.deepEqual([ok, reason], [false, 'grpc-status missing']);
});

test('a TCP check wants a connection and nothing more', async (t) => {
  const port = await listen(
    t,
    createServer((socket) => socket.resume()),
  );
  assert.deepEqual(await new TcpProbe().check(grpcTarget(port), never), { ok: true, reason: 'connected' });
});

test('what is no proper answer is never healthy', () => {
  const answer: RawAnswer = { httpStatus: 200, grpcStatus: '0', grpcMessage: undefined, body: serving };
  assert.deepEqual(judge('x', answer), { ok: true, reason: 'SERVING' });
  const cases: [Partial<RawAnswer>, RegExp][] = [
    [{ httpStatus: 404 }, /not a gRPC server: HTTP status 404/],
    [{ grpcStatus: '14', grpcMessage: 'going%20away' }, /^UNAVAILABLE: going away$/],
    [{ grpcStatus: '14', grpcMessage: '%zz' }, /^UNAVAILABLE: %zz$/],
    [{ grpcStatus: '14', grpcMessage: '%C3%BC'.repeat(300) }, /^UNAVAILABLE: ü{200}$/],
    [{ grpcStatus: '77' }, /grpc-status 77/],
    [{ body: Buffer.alloc(0) }, /not a HealthCheckResponse/],
    [{ body: serving.subarray(0, 4) }, /not a HealthCheckResponse/],
    [{ body: Buffer.from([0, 0, 0, 0, 3, 8, 1]) }, /not a HealthCheckResponse/],
    [{ body: Buffer.from([1, 0, 0, 0, 2, 8, 1]) }, /not a HealthCheckResponse/],
    [{ body: Buffer.from([0, 0, 0, 0, 2, 8]) }, /not a HealthCheckResponse/],
    [{ body: Buffer.from([0, 0, 0, 0, 1, 0xff]) }, /not a HealthCheckResponse/],
    [{ body: Buffer.from([0, 0, 0, 0, 2, 8, 3]) }, /does not know "x" \(SERVICE_UNKNOWN\)/],
    [{ body: Buffer.from([0, 0, 0, 0, 2, 8, 9]) }, /serving status 9/],
    [{ body: Buffer.from([0, 0, 0, 0, 0]) }, /UNKNOWN/],
  ];
  for (const [change, reason] of cases) {
    const result = judge('x', { ...answer, ...change });
    assert.equal(result.ok, false);
    assert.match(result.reason, reason);
  }
});

test('the request names the service', () => {
  assert.deepEqual([...frameRequest('ab')], [0, 0, 0, 0, 4, 10, 2, 97, 98]);
  assert.deepEqual([...frameRequest('')], [0, 0, 0, 0, 0]);
});

/** An HTTP/2 server that answers SERVING, but leaves the first `silent` calls without an answer. */
async function answering(t: TestContext, sessions: ServerHttp2Session[], silent = 0, answer = serving) {
  let calls = 0;
  let connections = 0;
  const server = createHttp2Server();
  server.on('session', (session) => {
    connections += 1;
    sessions.push(session);
    t.after(() => session.destroy());
  });
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    calls += 1;
    if (calls <= silent) return;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(answer);
  });
  return { port: await listen(t, server), connections: () => connections };
}

test('our names of status codes are those of gRPC', () => {
  for (const [name, code] of Object.entries(status)) {
    if (typeof code === 'number') assert.equal(statusName(String(code)), name);
  }
  assert.deepEqual(
    ['17', '-1', 'x', '', '0x0'].map(statusName),
    ['17', '-1', 'x', '', '0x0'].map((text) => `grpc-status ${text}`),
  );
});
