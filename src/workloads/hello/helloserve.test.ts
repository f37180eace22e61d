import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { RunningWorkload } from '../pod/running.ts';
import { callsOf } from '../testing/calls.ts';
import { get } from '../testing/http.ts';
import { testSettings } from '../testing/settings.ts';
import { startHelloGrpc } from './hellogrpc.ts';
import { startHelloHttp } from './hellohttp.ts';
import { startHelloServe } from './helloserve.ts';
import { helloGrpcOptions, helloHttpOptions, helloServeOptions } from './options.ts';

async function started(test: TestContext, running: Promise<RunningWorkload>): Promise<RunningWorkload> {
  const workload = await running;
  test.after(() => workload.stop(0));
  return workload;
}

const backend = (test: TestContext, podName: string, given = {}) =>
  started(test, startHelloGrpc(testSettings(helloGrpcOptions, { podName, ...given })));

const gateway = (test: TestContext, given: Record<string, string | true>) =>
  started(test, startHelloServe(testSettings(helloServeOptions, { podName: 'gate-1', deadlineMs: '30000', ...given })));

/** An address where nobody listens. */
async function closedAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}

/** A server that accepts and then says nothing. */
async function silentAddress(test: TestContext): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  test.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('GET /hellogrpc answers exactly, through one channel that spreads over every pod', async (t) => {
  const [one, two] = [await backend(t, 'grpc-1'), await backend(t, 'grpc-2')];
  const target = `ipv4:${one.addresses.grpc},${two.addresses.grpc}`;
  const { addresses } = await gateway(t, { grpcUpstream: target });
  const expected = (pod: string) =>
    `{"name":"Ada","version":"v1-helloserve","hostname":"gate-1","response":{"version":"v1-hellogrpc","hostname":"${pod}"}}`;
  const seen = new Set<string>();
  while (seen.size < 2) {
    const { status, headers, body } = await get(addresses.http!, '/hellogrpc?name=Ada', { 'evenkeel-run': 'r1' });
    assert.equal(status, 200);
    assert.equal(headers['evenkeel-pod'], 'gate-1');
    assert.ok([expected('grpc-1'), expected('grpc-2')].includes(body), body);
    seen.add(body);
  }
  for (let call = 0; call < 10; call++) await get(addresses.http!, '/hellogrpc', { 'evenkeel-run': 'r2' });
  for (const { addresses } of [one, two]) {
    const { calls, connections } = await callsOf(addresses.admin!, 'r2');
    assert.deepEqual({ calls, connections }, { calls: 5, connections: 1 });
  }
});

test('GET /hellohttp answers exactly, on a new connection each time unless told otherwise', async (t) => {
  const backend = await started(t, startHelloHttp(testSettings(helloHttpOptions, { podName: 'http-1' })));
  const httpUpstream = `http://${backend.addresses.http}/hellohttp`;
  const spreading = await gateway(t, { httpUpstream });
  const pinning = await gateway(t, { httpUpstream, httpKeepAlive: true });
  const { body } = await get(spreading.addresses.http!, '/hellohttp?name=Ada');
  assert.equal(
    body,
    '{"name":"Ada","version":"v1-helloserve","hostname":"gate-1","response":{"hostname":"http-1","name":"Ada","version":"v1-hellohttp"}}',
  );
  for (const [run, { addresses }, connections] of [
    ['spread', spreading, 4],
    ['pin', pinning, 1],
  ] as const) {
    for (let call = 0; call < 4; call++) await get(addresses.http!, '/hellohttp', { 'evenkeel-run': run });
    assert.deepEqual(await callsOf(backend.addresses.admin!, run), { pod: 'http-1', calls: 4, connections });
  }
});

test('no name is an empty one', async (t) => {
  const { addresses } = await backend(t, 'grpc-1');
  const gate = await gateway(t, { grpcUpstream: addresses.grpc! });
  assert.match((await get(gate.addresses.http!, '/hellogrpc')).body, /^\{"name":"",/);
});

test('an upstream that is down is a 503 that names it and the gRPC status', async (t) => {
  const closed = await closedAddress();
  const url = `http://${closed}/hellohttp`;
  const { addresses } = await gateway(t, { grpcUpstream: closed, httpUpstream: url });
  for (const [path, upstream] of [
    ['/hellogrpc', closed],
    ['/hellohttp', url],
  ] as const) {
    const { status, body } = await get(addresses.http!, path);
    const { error, ...rest } = JSON.parse(body);
    assert.equal(status, 503);
    assert.deepEqual(rest, { upstream, grpcStatus: 'UNAVAILABLE' });
    assert.match(error, /ECONNREFUSED/);
  }
});

test('an upstream that says nothing is a 504 at the deadline', async (t) => {
  const silent = await silentAddress(t);
  const url = `http://${silent}/hellohttp`;
  const { addresses } = await gateway(t, { grpcUpstream: silent, httpUpstream: url, deadlineMs: '100' });
  for (const [path, upstream] of [
    ['/hellogrpc', silent],
    ['/hellohttp', url],
  ] as const) {
    const { status, body } = await get(addresses.http!, path);
    const { error: _, ...rest } = JSON.parse(body);
    assert.equal(status, 504);
    assert.deepEqual(rest, { upstream, grpcStatus: 'DEADLINE_EXCEEDED' });
  }
});

test('an upstream that answers nonsense is a 502', async (t) => {
  const failing = await backend(t, 'grpc-1', { errorRate: '1', errorStatus: 'DATA_LOSS' });
  const url = `http://${failing.addresses.admin}/metrics`;
  const { addresses } = await gateway(t, { grpcUpstream: failing.addresses.grpc!, httpUpstream: url });
  const grpc = await get(addresses.http!, '/hellogrpc');
  assert.equal(grpc.status, 502);
  assert.equal(JSON.parse(grpc.body).grpcStatus, 'DATA_LOSS');
  const http = await get(addresses.http!, '/hellohttp');
  assert.equal(http.status, 502);
  assert.equal(JSON.parse(http.body).error, 'its answer is not a JSON object');
});

test('tells the backend who calls, and passes the run and the trace on', async (t) => {
  const { addresses } = await backend(t, 'grpc-1');
  const gate = await gateway(t, { grpcUpstream: addresses.grpc! });
  await get(gate.addresses.http!, '/hellogrpc', { 'evenkeel-run': 'r1' });
  assert.equal((await callsOf(gate.addresses.admin!, 'r1')).calls, 1);
  assert.equal((await callsOf(addresses.admin!, 'r1')).calls, 1);
  const { body } = await get(addresses.admin!, '/metrics');
  assert.match(body, /\{source="helloserve",destination="hellogrpc",code="OK"\} 1/);
});
