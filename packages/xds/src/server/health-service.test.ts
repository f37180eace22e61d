import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from '../gen/health/v1/health_pb.ts';
import { grpcStatus, streamingMethod } from '../index.ts';
import { startFixture } from '../testing/fixture.ts';

const watchPath = '/grpc.health.v1.Health/Watch';
const watched = (service: string): Uint8Array =>
  toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service }));

test('a health check asks for a name and no more: a longer request is refused, and a watch is charged with its own', async (t) => {
  const { server, connect } = await startFixture(t);
  const client = await connect();
  const used: number[] = [];
  for (const service of ['', 'x'.repeat(3_000)]) {
    const call = client.call(watchPath);
    call.send(watched(service));
    await call.receive();
    used.push(server.memory.usedBytes);
  }
  assert.ok(used[1]! - used[0]! > 3_000, `${used}`);
  for (const path of [watchPath, '/grpc.health.v1.Health/Check']) {
    const call = client.call(path);
    call.send(watched('x'.repeat(5_000)));
    assert.equal((await call.ended).code, grpcStatus.resourceExhausted);
  }
});

test('what a decoded request does not know is not kept', async (t) => {
  const { server, connect } = await startFixture(t);
  const known: number[] = [];
  server.services.add(
    '/test.Unknown/Fields',
    streamingMethod(HealthCheckRequestSchema, HealthCheckResponseSchema, ({ send }) => ({
      message(request) {
        known.push(request.$unknown?.length ?? 0);
        send({});
      },
    })),
  );
  const call = (await connect()).call('/test.Unknown/Fields');
  call.send(Buffer.alloc(2_000, Buffer.from([0x7a, 0])));
  await call.receive();
  assert.deepEqual(known, [0]);
});
