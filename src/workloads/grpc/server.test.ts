import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { create, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@evenkeel/xds/gen/health/v1/health_pb';
import { EchoServer } from '../../gen/echo/echo_pb.ts';
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from '../../gen/grpc/reflection/v1/reflection_pb.ts';
import * as Alpha from '../../gen/grpc/reflection/v1alpha/reflection_pb.ts';
import { startEcho } from '../echo/echo.ts';
import { echoOptions } from '../echo/options.ts';
import { StatusError } from '../pod/faults.ts';
import type { RunningWorkload } from '../pod/running.ts';
import { arrived, ConstantCaller, callsOf, echo, patientMs } from '../testing/calls.ts';
import { get } from '../testing/http.ts';
import { nextMessage, RawClient } from '../testing/raw-client.ts';
import { testSettings } from '../testing/settings.ts';
import { GrpcClient, policyOptions } from './client.ts';

async function start(test: TestContext, given: Record<string, string> = {}): Promise<RunningWorkload> {
  const running = await startEcho('be1-srv', testSettings(echoOptions, given));
  test.after(() => running.stop(0));
  return running;
}

function clientOf(test: TestContext, target: string, options = {}): GrpcClient {
  const client = new GrpcClient(target, options);
  test.after(() => client.close());
  return client;
}

function statusOf(status: string): (error: unknown) => boolean {
  return (error) => error instanceof StatusError && error.status === status;
}

test('answers, names its pod, and counts by run and connection', async (t) => {
  const { addresses } = await start(t);
  const one = clientOf(t, addresses.grpc!);
  const two = clientOf(t, addresses.grpc!, { 'grpc.use_local_subchannel_pool': 1 });
  const call = { deadlineMs: patientMs, metadata: { 'evenkeel-run': 'r1', 'evenkeel-source': 'tester' } };
  const { message, pod } = await one.call(EchoServer.method.sayHello, { name: 'Ada' }, call);
  assert.equal(message.message, 'Hello Ada from hostname pod-1');
  assert.equal(message.hostname, 'pod-1');
  assert.equal(pod, 'pod-1');
  await one.call(EchoServer.method.sayHello, { name: 'Ada' }, call);
  await two.call(EchoServer.method.sayHello, { name: 'Ada' }, call);
  await echo(one);
  assert.deepEqual(await callsOf(addresses.admin!, 'r1'), { pod: 'pod-1', calls: 3, connections: 2 });
  const { body } = await get(addresses.admin!, '/metrics');
  assert.match(body, /evenkeel_workload_requests_total\{source="tester",destination="be1-srv",code="OK"\} 3/);
  assert.match(body, /evenkeel_workload_requests_total\{source="unknown",destination="be1-srv",code="OK"\} 1/);
});

test('fails on purpose with the status that was asked for, and names its pod all the same', async (t) => {
  const { addresses } = await start(t, { errorRate: '1', errorStatus: 'RESOURCE_EXHAUSTED' });
  const client = clientOf(t, addresses.grpc!);
  await assert.rejects(echo(client, { 'evenkeel-run': 'r1' }), statusOf('RESOURCE_EXHAUSTED'));
  assert.equal((await callsOf(addresses.admin!, 'r1')).calls, 1);
  const { body } = await get(addresses.admin!, '/metrics');
  assert.match(body, /code="RESOURCE_EXHAUSTED"\} 1/);
});

test('waits as long as it is told to, or as the call asks', async (t) => {
  const { addresses } = await start(t, { latencyMs: '600000' });
  const client = clientOf(t, addresses.grpc!);
  const slow = client.call(EchoServer.method.sayHello, { name: 'x' }, { deadlineMs: 200 });
  await assert.rejects(slow, statusOf('DEADLINE_EXCEEDED'));
  assert.equal(await echo(client, { 'evenkeel-latency-ms': '0' }), 'pod-1');
});

test('health: readiness under "" and the full name, liveness apart, strangers unknown', async (t) => {
  const running = await start(t);
  const client = clientOf(t, running.addresses.grpc!);
  const check = async (service: string) =>
    (await client.call(Health.method.check, { service }, { deadlineMs: patientMs })).message.status;
  for (const name of ['', 'echo.EchoServer', 'liveness']) assert.equal(await check(name), ServingStatus.SERVING, name);
  await assert.rejects(check('echo.Other'), statusOf('NOT_FOUND'));

  await get(running.addresses.admin!, '/fail?probe=liveness', {}, 'POST');
  assert.equal(await check('liveness'), ServingStatus.NOT_SERVING);
  assert.equal(await check(''), ServingStatus.SERVING);

  running.drain();
  for (const name of ['', 'echo.EchoServer']) assert.equal(await check(name), ServingStatus.NOT_SERVING, name);
  const { message } = await client.call(Health.method.list, {}, { deadlineMs: patientMs });
  assert.deepEqual(Object.keys(message.statuses).sort(), ['', 'echo.EchoServer', 'liveness']);
});

test('health: a watch hears of each change and does not hold up the end', async (t) => {
  const running = await start(t);
  const client = new RawClient(running.addresses.grpc!);
  t.after(() => client.close());
  const watch = client.serverStream(
    Health.method.watch,
    create(HealthCheckRequestSchema, { service: 'echo.EchoServer' }),
  );
  const stranger = client.serverStream(Health.method.watch, create(HealthCheckRequestSchema, { service: 'who' }));
  const ended = [watch, stranger].map((stream) => once(stream, 'error'));
  assert.equal((await nextMessage(watch)).status, ServingStatus.SERVING);
  assert.equal((await nextMessage(stranger)).status, ServingStatus.SERVICE_UNKNOWN);
  running.drain();
  assert.equal((await nextMessage(watch)).status, ServingStatus.NOT_SERVING);
  assert.equal(await running.stop(patientMs), true);
  for (const [error] of await Promise.all(ended)) assert.equal(error.code, 14);
});

const reflections = [
  ['v1', ServerReflection.method.serverReflectionInfo, ServerReflectionRequestSchema],
  // The messages are the same but for the package.
  ['v1alpha', Alpha.ServerReflection.method.serverReflectionInfo, Alpha.ServerReflectionRequestSchema],
] as unknown as [string, typeof ServerReflection.method.serverReflectionInfo, typeof ServerReflectionRequestSchema][];

for (const [version, method, schema] of reflections) {
  test(`reflection ${version}: lists the services and gives their files`, async (t) => {
    const { addresses } = await start(t);
    const client = new RawClient(addresses.grpc!);
    t.after(() => client.close());
    const stream = client.bidiStream(method);
    const ask = async (messageRequest: ServerReflectionRequest['messageRequest']) => {
      const answer = nextMessage<ServerReflectionResponse>(stream);
      stream.write(create(schema, { messageRequest }));
      return (await answer).messageResponse;
    };

    const listed = await ask({ case: 'listServices', value: '*' });
    assert(listed.case === 'listServicesResponse');
    assert.deepEqual(listed.value.service.map(({ name }) => name).sort(), ['echo.EchoServer', 'grpc.health.v1.Health']);

    const found = await ask({ case: 'fileContainingSymbol', value: 'echo.EchoServer' });
    assert(found.case === 'fileDescriptorResponse');
    const files = found.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    assert.equal(files[0]?.name, 'echo/echo.proto');
    assert.deepEqual(
      files[0]?.service[0]?.method.map(({ name }) => name),
      ['SayHello'],
    );

    const missing = await ask({ case: 'fileContainingSymbol', value: 'no.Such' });
    assert(missing.case === 'errorResponse');
    assert.equal(missing.value.errorCode, 5);
    const ended = once(stream, 'end');
    stream.resume();
    stream.end();
    await ended;
  });
}

test('a pod that drains and stops under constant calls loses none', async (t) => {
  const leaving = await start(t, { podName: 'leaving' });
  const staying = await start(t, { podName: 'staying' });
  const target = `ipv4:${leaving.addresses.grpc},${staying.addresses.grpc}`;
  const calls = new ConstantCaller(clientOf(t, target, policyOptions('round_robin')));
  t.after(() => calls.stop());
  await calls.until(() => calls.callsTo('leaving') >= 50 && calls.callsTo('staying') >= 50);

  leaving.drain();
  const atDrain = calls.callsTo('leaving');
  await calls.until(() => calls.callsTo('leaving') >= atDrain + 50);

  assert.equal(await leaving.stop(patientMs), true);
  const [gone, stayed] = [calls.callsTo('leaving'), calls.callsTo('staying')];
  await calls.until(() => calls.callsTo('staying') >= stayed + 500);
  await calls.stop();
  assert.deepEqual(calls.failures, []);
  // Answers that were on their way when the server had stopped, one a worker at most.
  assert.ok(calls.callsTo('leaving') <= gone + 8);
});

test('a client is ready once its connection is, and waits no longer than it is told to', async (t) => {
  // A server that accepts connections and says nothing on them.
  const silent = createServer().listen(0, '127.0.0.1');
  const accepted = once(silent, 'connection') as Promise<[Socket]>;
  await once(silent, 'listening');
  t.after(() => silent.close());
  const early = clientOf(t, `127.0.0.1:${(silent.address() as AddressInfo).port}`);
  const patience = new AbortController();
  const ready = early.ready(patientMs, patience.signal).then(() => 'ready');
  const [socket] = await accepted;
  t.after(() => socket.destroy());
  assert.equal(await Promise.race([ready, Promise.resolve('waiting')]), 'waiting');
  patience.abort();
  await ready;
  const ended = early.ready(patientMs, patience.signal).then(() => 'ready');
  assert.equal(await Promise.race([ended, turn('waiting')]), 'ready', 'not at all where the signal came before');
  await early.ready(1, new AbortController().signal);

  const { addresses } = await start(t);
  const client = clientOf(t, addresses.grpc!);
  await client.ready(patientMs, new AbortController().signal);
  assert.equal(await echo(client), 'pod-1');
});

test('connections that age under constant calls lose none', async (t) => {
  // grpc-js sends a refused call again once; ages near the stalls of a busy machine would refuse the second too.
  const { addresses } = await start(t, { maxConnectionAgeMs: '500' });
  const client = clientOf(t, addresses.grpc!);
  const calls = new ConstantCaller(client);
  t.after(() => calls.stop());
  let connections = 0;
  while (connections < 5) {
    await echo(client, { 'evenkeel-run': 'r1' });
    ({ connections } = await callsOf(addresses.admin!, 'r1'));
  }
  await calls.stop();
  assert.deepEqual(calls.failures, []);
});

test('a call that takes longer than the connection may live is finished', async (t) => {
  // The 15 s call and the 10 s age of system D, by a hundredth.
  const { addresses } = await start(t, { maxConnectionAgeMs: '100' });
  const client = clientOf(t, addresses.grpc!);
  assert.equal(await echo(client, { 'evenkeel-latency-ms': '150', 'evenkeel-run': 'r1' }), 'pod-1');
  await echo(client, { 'evenkeel-run': 'r1' });
  assert.equal((await callsOf(addresses.admin!, 'r1')).connections, 2);
});

test('a call that takes longer than the age and its grace is cut', async (t) => {
  const { addresses } = await start(t, { maxConnectionAgeMs: '100', maxConnectionAgeGraceMs: '100' });
  const client = clientOf(t, addresses.grpc!);
  await assert.rejects(echo(client, { 'evenkeel-latency-ms': '600000' }), statusOf('UNAVAILABLE'));
});

test('stopping finishes what is in flight, and cuts it only after the grace time', async (t) => {
  const { addresses, stop } = await start(t);
  const client = clientOf(t, addresses.grpc!);
  const slow = echo(client, { 'evenkeel-latency-ms': '200', 'evenkeel-run': 'r1' });
  await arrived(addresses.admin!, 'r1', 1);
  assert.equal(await stop(patientMs), true);
  assert.equal(await slow, 'pod-1');

  const other = await start(t);
  const cut = assert.rejects(
    echo(clientOf(t, other.addresses.grpc!), { 'evenkeel-latency-ms': '600000', 'evenkeel-run': 'r1' }),
    // Which of the two depends on whether the client reads the GOAWAY before the end of the connection.
    (error) => statusOf('UNAVAILABLE')(error) || statusOf('CANCELLED')(error),
  );
  await arrived(other.addresses.admin!, 'r1', 1);
  assert.equal(await other.stop(50), false);
  await cut;
});

test('a port that is taken is an error that names the flag', async (t) => {
  const { addresses } = await start(t);
  const port = addresses.grpc!.split(':')[1]!;
  await assert.rejects(startEcho('be1-srv', testSettings(echoOptions, { port })), {
    code: 'EK_PORT_IN_USE',
    location: { field: '--port' },
  });
  const adminPort = addresses.admin!.split(':')[1]!;
  await assert.rejects(startEcho('be1-srv', testSettings(echoOptions, { adminPort })), {
    code: 'EK_PORT_IN_USE',
    location: { field: '--admin-port' },
  });
});
