import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { EvenkeelError } from '../../base/errors.ts';
import type { CallRecord } from '../../verdict/call-record.ts';
import { type SchemeId, schemes } from '../schemes/schemes.ts';
import { ClientProcess } from './client-process.ts';

type Handler = Parameters<typeof createServer>[1];

async function serve(t: TestContext, handler: NonNullable<Handler>): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function start(t: TestContext, scheme: SchemeId, target: string, env: Record<string, string> = {}): ClientProcess {
  const client = new ClientProcess({ scheme: schemes[scheme], target, channelOptions: {} }, env);
  t.after(() => client.close());
  return client;
}

async function call(client: ClientProcess, deadlineMs = 20_000): Promise<CallRecord> {
  await client.open(20_000);
  const { records } = await client.run({ run: 'r', ratePerSecond: 100, deadlineMs, calls: 1 }).result;
  assert.equal(records.length, 1);
  return records[0]!;
}

test('a call carries the run, the record says who answered, where, and when', async (t) => {
  const target = await serve(t, (request, response) => {
    response.setHeader('evenkeel-pod', `${request.headers['evenkeel-run']}-pod`).end();
  });
  const record = await call(start(t, 'clusterip-http-keepalive', target));
  assert.equal(record.status, 'OK');
  assert.equal(record.pod, 'r-pod');
  assert.equal(`http://${record.peer}/`, target);
  assert.ok(record.dueAt <= record.sentAt && record.sentAt <= record.endedAt);
  assert.ok(Math.abs(record.endedAt - (performance.timeOrigin + performance.now())) < 60_000, 'the shared clock');
});

test('without the header the field hostname of a JSON answer counts, anything else is nobody', async (t) => {
  const answers = ['{"hostname":"by-body"}', '{"hostname":7}', 'plain'];
  const target = await serve(t, (_request, response) => response.end(answers.shift()));
  const client = start(t, 'clusterip-http-new-connections', target);
  assert.equal((await call(client)).pod, 'by-body');
  assert.equal((await call(client)).pod, undefined);
  assert.equal((await call(client)).pod, undefined);
});

test('what fails has a status: an HTTP status, a deadline, the word of the system', async (t) => {
  const target = await serve(t, ({ url }, response) => {
    if (url === '/503') response.writeHead(503).end();
  });
  assert.equal((await call(start(t, 'clusterip-http-keepalive', `${target}503`))).status, 'HTTP_503');
  assert.equal((await call(start(t, 'clusterip-http-keepalive', `${target}never`), 50)).status, 'DEADLINE_EXCEEDED');
  assert.equal((await call(start(t, 'clusterip-http-keepalive', 'http://127.0.0.1:1/'))).status, 'ECONNREFUSED');
});

test('a name is resolved by the server that EVENKEEL_DNS names', async (t) => {
  const record = await call(start(t, 'clusterip-http-keepalive', 'http://pods.test/', { EVENKEEL_DNS: '127.0.0.1:1' }));
  assert.match(record.error ?? '', /pods\.test/);
  assert.equal(record.status, 'ECONNREFUSED');
});

test('a gRPC client that cannot connect says why', async (t) => {
  const problem = await start(t, 'clusterip-grpc', '127.0.0.1:1').open(100);
  assert.match(problem ?? '', /Failed to connect/);
});

test('a run goes on until it is told to stop', async (t) => {
  const target = await serve(t, (_request, response) => response.end());
  const client = start(t, 'clusterip-http-keepalive', target);
  await client.open(20_000);
  const enough = Promise.withResolvers<void>();
  const active = client.run({ run: 'r', ratePerSecond: 500, deadlineMs: 20_000 }, () => {
    if (active.records.length >= 5) enough.resolve();
  });
  await enough.promise;
  active.stop();
  const result = await active.result;
  assert.equal(result.records.length, result.calls);
  assert.equal(result.connections, 1);
});

test('a process that is killed fails what waits for it', async (t) => {
  const target = await serve(t, (_request, response) => response.end());
  const client = start(t, 'clusterip-http-keepalive', target);
  await client.open(20_000);
  const active = client.run({ run: 'r', ratePerSecond: 10, deadlineMs: 20_000 });
  process.kill(client.pid!, 'SIGKILL');
  await assert.rejects(
    active.result,
    (error) =>
      error instanceof EvenkeelError && error.code === 'EK_PROBE_CLIENT' && /ended with SIGKILL/.test(error.message),
  );
});

test('close ends the process, also one that does not listen', async (t) => {
  const client = start(t, 'clusterip-http-keepalive', 'http://127.0.0.1:1/');
  await client.configured();
  process.kill(client.pid!, 'SIGSTOP');
  await client.close();
  assert.throws(() => process.kill(client.pid!, 0), { code: 'ESRCH' });
});

test('whoever waits for one that is closed is told', async (t) => {
  const target = await serve(t, () => {});
  const client = start(t, 'clusterip-http-keepalive', target);
  await client.open(20_000);
  const active = client.run({ run: 'r', ratePerSecond: 10, deadlineMs: 20_000 });
  const rejected = assert.rejects(active.result, { code: 'EK_PROBE_CLIENT', message: 'the client process was closed' });
  await client.close();
  await rejected;
  await assert.rejects(client.open(20_000), /was closed/);
});
