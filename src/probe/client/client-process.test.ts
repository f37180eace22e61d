import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { EvenkeelError } from '../../base/errors.ts';
import type { CallRecord } from '../../verdict/call-record.ts';
import { type SchemeId, schemes } from '../schemes/schemes.ts';
import { TestPod } from '../testing/test-pod.ts';
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

function start(t: TestContext, scheme: SchemeId, target: string): ClientProcess {
  const client = new ClientProcess({ scheme: schemes[scheme], target, channelOptions: {} });
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
  const answers = ['{"hostname":"by-body"}', '{"hostname":{}}', 'plain'];
  // One answer more is asked for when the client is opened.
  const target = await serve(t, ({ headers }, response) =>
    response.end('evenkeel-run' in headers ? answers.shift() : '{}'),
  );
  const client = start(t, 'clusterip-http-new-connections', target);
  assert.equal((await call(client)).pod, 'by-body');
  assert.equal((await call(client)).pod, undefined);
  assert.equal((await call(client)).pod, undefined);
});

test('what fails has a status: an HTTP status, a deadline, the word of the system', async (t) => {
  const target = await serve(t, ({ url, headers }, response) => {
    if (url === '/503') response.writeHead(503).end();
    else if (!('evenkeel-run' in headers)) response.end();
    else if (url === '/cut') response.destroy();
  });
  assert.equal((await call(start(t, 'clusterip-http-keepalive', `${target}503`))).status, 'HTTP_503');
  assert.equal((await call(start(t, 'clusterip-http-keepalive', `${target}never`), 50)).status, 'DEADLINE_EXCEEDED');
  assert.equal((await call(start(t, 'clusterip-http-keepalive', `${target}cut`))).status, 'ECONNRESET');
});

test('a client that cannot connect says why', async (t) => {
  const refused = /127\.0\.0\.1:1\/? cannot be reached: connection refused/;
  assert.match((await start(t, 'clusterip-grpc', '127.0.0.1:1').open(100)) ?? '', refused);
  assert.match((await start(t, 'clusterip-http-keepalive', 'http://127.0.0.1:1/').open(20_000)) ?? '', refused);
});

test('a server that does not serve yet is waited for', async (t) => {
  // The channel's connection and the one that looks why there is none.
  const looked = Promise.withResolvers<void>();
  let came = 0;
  const early = createTcpServer((socket) => {
    came += 1;
    socket.destroy();
    if (came === 2) looked.resolve();
  }).listen(0, '127.0.0.1');
  await once(early, 'listening');
  const { port } = early.address() as AddressInfo;
  const opened = start(t, 'clusterip-grpc', `127.0.0.1:${port}`).open(20_000);
  await looked.promise;
  await once(early.close(), 'close');
  const pod = await TestPod.start('late', '127.0.0.1', port);
  t.after(() => pod.stop());
  assert.equal(await opened, undefined);
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
  // It never answers.
  await client.open(1);
  const active = client.run({ run: 'r', ratePerSecond: 10, deadlineMs: 20_000 });
  const rejected = assert.rejects(active.result, { code: 'EK_PROBE_CLIENT', message: 'the client process was closed' });
  await client.close();
  await rejected;
  await assert.rejects(client.open(20_000), /was closed/);
});
