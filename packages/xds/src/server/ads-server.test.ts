import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSecureServer, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from '../gen/health/v1/health_pb.ts';
import {
  AdsServer,
  AdsTestClient,
  adsSotwPath,
  http2ServerOptions,
  SnapshotCache,
  typeUrls,
  type XdsObserver,
} from '../index.ts';
import { cluster, startFixture } from '../testing/fixture.ts';

const { cluster: cds } = typeUrls;

test('until the server is ready, streams are refused with UNAVAILABLE', async (t) => {
  const refusals: string[] = [];
  const { cache, server, connect } = await startFixture(t, {
    ready: false,
    observer: { refused: ({ limit }) => refusals.push(limit) },
  });
  const client = await connect();
  for (const stream of [client.sotw(), client.delta()]) assert.equal((await stream.ended).code, 14);
  cache.set(cluster('a'));
  server.setReady(true);
  assert.deepEqual((await client.sotw().requestResponseAck(cds)).names, ['a']);
  assert.deepEqual(refusals, ['ready', 'ready']);
});

test('streams that are open outlive a gate that closes', async (t) => {
  const { cache, server, connect } = await startFixture(t);
  const ads = (await connect()).sotw();
  await ads.requestResponseAck(cds);
  server.setReady(false);
  cache.set(cluster('a'));
  assert.deepEqual((await ads.responseAck(cds)).names, ['a']);
});

test('clients() tells what every stream asked for, was sent and answered', async (t) => {
  const { cache, server, connect } = await startFixture(t, { group: ({ cluster: name }) => name });
  cache.update({ set: [cluster('a'), cluster('b')] });
  const ads = (await connect({ node: { id: 'n', cluster: 'g', userAgentName: 'ua', userAgentVersion: '1' } })).sotw();
  const { version } = await ads.requestResponseAck(cds, ['a', 'missing']);
  await ads.expectNoResponse();
  cache.set(cluster('a', 2));
  await ads.response(cds);
  const [status] = server.clients();
  assert.equal(status?.node.id, 'n');
  assert.equal(status?.node.userAgentName, 'ua');
  assert.equal(status?.node.userAgentVersion, '1');
  assert.equal(status?.group, 'g');
  assert.equal(status?.variant, 'sotw');
  assert.equal(status?.path, adsSotwPath);
  assert.match(status?.peer ?? '', /^127\.0\.0\.1:\d+$/);
  const { unansweredMs, ...type } = status?.types.find(({ typeUrl }) => typeUrl === cds) ?? {};
  assert.deepEqual(
    server.resourcesOf(status?.id ?? 0)?.filter(({ typeUrl }) => typeUrl === cds),
    [
      { typeUrl: cds, name: 'a', version: cluster('a', 2).version, state: 'stale' },
      { typeUrl: cds, name: 'missing', version: undefined, state: 'not-sent' },
    ],
  );
  assert.equal(server.resourcesOf(0), undefined);
  assert.ok(unansweredMs !== undefined && unansweredMs >= 0);
  assert.deepEqual(type, {
    typeUrl: cds,
    wildcard: false,
    names: 2,
    held: 1,
    ackedVersion: version,
    rejection: undefined,
    pending: 0,
  });
});

test('the observer hears of everything on a stream', async (t) => {
  const events: string[] = [];
  const { cache, server, connect } = await startFixture(t, {
    observer: {
      streamOpened: ({ variant }) => events.push(`opened ${variant}`),
      request: (_stream, { typeUrl, bytes }) => events.push(`request ${typeUrl === cds} ${bytes > 0}`),
      response: (_stream, { resources, bytes }) => events.push(`response ${resources} ${bytes > 0}`),
      ack: (_stream, { latencyMs }) => events.push(`ack ${latencyMs >= 0}`),
      streamClosed: ({ node }, { code }) => events.push(`closed ${node.id} ${code}`),
    },
  });
  cache.set(cluster('a'));
  const ads = (await connect({ node: { id: 'n' } })).sotw();
  await ads.requestResponseAck(cds);
  assert.deepEqual(await ads.close(), { code: 0, message: '' });
  assert.deepEqual(events, [
    'opened sotw',
    'request true true',
    'response 1 true',
    'request true true',
    'ack true',
    'closed n 0',
  ]);
  assert.deepEqual(server.clients(), []);
});

test('a client that cancels leaves nothing behind', async (t) => {
  const { cache, server, connect } = await startFixture(t);
  const client = await connect();
  const ads = client.sotw();
  await ads.requestResponseAck(cds);
  await ads.cancel();
  const next = client.sotw();
  await next.requestResponseAck(cds);
  assert.deepEqual(server.open, { sessions: 1, streams: 1, subscriptions: 1 });
  cache.set(cluster('a'));
  assert.deepEqual((await next.responseAck(cds)).names, ['a']);
});

test('a client whose connection breaks leaves nothing behind', async (t) => {
  const closed = Promise.withResolvers<number>();
  const observer: XdsObserver = { streamClosed: (_stream, { code }) => closed.resolve(code) };
  const { cache, server, connect } = await startFixture(t, { observer });
  const client = await connect();
  await client.sotw().requestResponseAck(cds);
  await client.close();
  assert.equal(await closed.promise, 1);
  assert.deepEqual([server.open.streams, server.open.subscriptions], [0, 0]);
  cache.set(cluster('a'));
});

test('close ends streams with UNAVAILABLE and connections with GOAWAY', async (t) => {
  const { server, connect } = await startFixture(t);
  const client = await connect();
  const ads = client.sotw();
  await ads.requestResponseAck(cds);
  const goaway = once(client.session, 'goaway');
  await server.close();
  assert.equal((await ads.ended).code, 14);
  assert.equal((await goaway)[0], 0, 'NO_ERROR');
});

test('a port that is taken is the error of the system', async (t) => {
  const { url } = await startFixture(t);
  const second = new AdsServer({ cache: new SnapshotCache() });
  const port = Number(new URL(url).port);
  await assert.rejects(second.listen({ host: '127.0.0.1', port }), { code: 'EADDRINUSE' });
  await second.close();
});

test('mounted on the caller’s server, other paths stay his', async (t) => {
  const cache = new SnapshotCache();
  cache.set(cluster('a'));
  const ads = new AdsServer({ cache, keepaliveMs: 0 });
  const http = createServer((request, response) => {
    if (!ads.serves(request.url)) response.end('his');
  });
  ads.mount(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const client = await AdsTestClient.connect(`http://127.0.0.1:${port}`);
  t.after(async () => {
    await client.close();
    await ads.close();
    await new Promise((resolve) => http.close(resolve));
  });

  assert.deepEqual((await client.sotw().requestResponseAck(cds)).names, ['a']);
  const stream = client.session.request({ ':path': '/his' });
  let body = '';
  for await (const chunk of stream) body += chunk;
  assert.equal(body, 'his');
});

test('mounted on a server with TLS', async (t) => {
  const cache = new SnapshotCache();
  cache.set(cluster('a'));
  const ads = new AdsServer({ cache });
  // Without a certificate, which would have to be made first: encrypted, but anonymous.
  const tls = { ciphers: 'ADH-AES256-GCM-SHA384:@SECLEVEL=0', maxVersion: 'TLSv1.2' } as const;
  const http = createSecureServer({ ...http2ServerOptions(), ...tls, dhparam: 'auto' });
  ads.mount(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const trusting = { rejectUnauthorized: false, checkServerIdentity: () => undefined };
  const client = await AdsTestClient.connect(`https://127.0.0.1:${port}`, { http2: { ...tls, ...trusting } });
  t.after(async () => {
    await client.close();
    await ads.close();
    await new Promise((resolve) => http.close(resolve));
  });
  assert.ok(client.session.encrypted);
  assert.deepEqual((await client.sotw().requestResponseAck(cds)).names, ['a']);
});

test('a health check follows the gate', async (t) => {
  const { server, connect } = await startFixture(t, { ready: false });
  const client = await connect();
  const request = (service: string) =>
    toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service }));
  const check = async (service: string) => {
    const call = client.call('/grpc.health.v1.Health/Check');
    call.send(request(service));
    const ended = call.end();
    const { code } = await ended;
    return code === 0 ? fromBinary(HealthCheckResponseSchema, await call.receive()).status : `code ${code}`;
  };
  const watch = client.call('/grpc.health.v1.Health/Watch');
  watch.send(request('envoy.service.discovery.v3.AggregatedDiscoveryService'));
  const watched = async () => fromBinary(HealthCheckResponseSchema, await watch.receive()).status;

  assert.equal(await watched(), 2);
  assert.equal(await check(''), 2);
  server.setReady(true);
  assert.equal(await watched(), 1);
  assert.equal(await check(''), 1);
  assert.equal(await check('nobody'), 'code 5');
  await server.close();
  assert.equal(await watched(), 2);
  assert.equal((await watch.ended).code, 14);
});
