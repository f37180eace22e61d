import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { AdsTestClient, type ReceivedResponse, typeUrls } from '@evenkeel/xds';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { EvenkeelError } from '../base/errors.ts';
import { ControlPlane } from './control-plane.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService, readyEndpoint, ToldSource } from './testing/told-source.ts';

const unavailable = 14;
const health = { intervalMs: 100, timeoutMs: 20_000, rise: 1, fall: 1, jitter: 0 };

/** A control plane that listens, with sources that the test speaks for. */
async function startControlPlane(t: TestContext, ...names: string[]) {
  const sources = names.map((name) => ({ name, discovery: new ToldSource() }));
  const { log, lines } = logCapture();
  const controlPlane = new ControlPlane({ sources, health, clusterDomain: 'cluster.local', version: '1.2.3', log });
  const { port } = await controlPlane.start({ host: '127.0.0.1', port: 0 });
  t.after(() => controlPlane.stop());
  const connect = async (namespace?: string) => {
    const node = { id: 'test', metadata: (namespace === undefined ? {} : { namespace }) as Record<string, string> };
    const client = await AdsTestClient.connect(`http://127.0.0.1:${port}`, { node });
    t.after(() => client.close());
    return client.sotw();
  };
  return { controlPlane, lines, connect, tell: sources.map(({ discovery }) => discovery.tell) };
}

function addressesIn({ resources }: ReceivedResponse): string[] {
  return resources.flatMap(({ bytes }) =>
    fromBinary(ClusterLoadAssignmentSchema, bytes).endpoints.flatMap(({ lbEndpoints }) =>
      lbEndpoints.map(({ hostIdentifier }) => {
        const address = hostIdentifier.case === 'endpoint' ? hostIdentifier.value.address?.address : undefined;
        return address?.case === 'socketAddress' ? address.value.address : '';
      }),
    ),
  );
}

test('streams are refused until every source has told everything', async (t) => {
  const { controlPlane, connect, tell } = await startControlPlane(t, 'file', 'dns');
  tell[0]!.upsert(grpcService('default/be1-srv', [readyEndpoint('10.0.0.1')]));
  tell[0]!.synced();
  const early = await connect();
  early.request(typeUrls.listener, ['be1-srv']);
  assert.equal((await early.ended).code, unavailable);
  assert.deepEqual(controlPlane.readiness().reasons, ['source dns has not told everything yet']);

  tell[1]!.synced();
  await controlPlane.whenReady;
  assert.deepEqual(controlPlane.readiness(), { ready: true, reasons: [], degraded: [] });
  const ads = await connect();
  assert.deepEqual((await ads.requestResponseAck(typeUrls.listener, ['be1-srv'])).names, ['be1-srv']);
});

test('the first streams wait for the first health checks', async (t) => {
  const backend = createServer().listen(0, '127.0.0.1');
  t.after(() => backend.close());
  await once(backend, 'listening');
  const { controlPlane, connect, tell } = await startControlPlane(t, 'file');
  const endpoint = readyEndpoint('127.0.0.1', (backend.address() as AddressInfo).port);
  const checked = { policy: { healthCheck: { protocol: 'tcp', grpcService: '' } } } as const;
  tell[0]!.upsert(grpcService('default/be1-srv', [endpoint], checked));
  tell[0]!.synced();
  assert.deepEqual(controlPlane.readiness().reasons, ['first health checks are running: default/be1-srv']);
  await controlPlane.whenReady;
  const ads = await connect();
  const answer = await ads.requestResponseAck(typeUrls.endpoint, ['default/be1-srv:50051']);
  assert.deepEqual(addressesIn(answer), ['127.0.0.1']);
  assert.match((await controlPlane.metrics()).text, /^evenkeel_health_targets\{state="healthy"\} 1$/m);
});

test('bare names lead to the Service of the namespace that asks', async (t) => {
  const { connect, tell } = await startControlPlane(t, 'file');
  tell[0]!.upsert(grpcService('shop/orders', []));
  tell[0]!.upsert(grpcService('default/cart', []));
  tell[0]!.synced();
  const names = ['orders', 'orders.shop', 'cart', 'cart.default:grpc'];
  const fromShop = await connect('shop');
  assert.deepEqual((await fromShop.requestResponseAck(typeUrls.listener, names)).names, [
    'cart.default:grpc',
    'orders',
    'orders.shop',
  ]);
  const fromNowhere = await connect();
  assert.deepEqual((await fromNowhere.requestResponseAck(typeUrls.listener, names)).names, [
    'cart',
    'cart.default:grpc',
    'orders.shop',
  ]);
});

test('a Service without endpoints stays, one that was removed goes', async (t) => {
  const { connect, tell } = await startControlPlane(t, 'file');
  tell[0]!.upsert(grpcService('default/be1-srv', [readyEndpoint('10.0.0.1')]));
  tell[0]!.upsert(grpcService('default/be2-srv', [readyEndpoint('10.0.0.2')]));
  tell[0]!.synced();
  const ads = await connect();
  const both = ['be1-srv', 'be2-srv'];
  assert.deepEqual((await ads.requestResponseAck(typeUrls.listener, both)).names, both);
  await ads.requestResponseAck(typeUrls.endpoint, ['default/be1-srv:50051']);

  tell[0]!.upsert(grpcService('default/be1-srv', []));
  const empty = await ads.responseAck(typeUrls.endpoint);
  assert.deepEqual([empty.names, addressesIn(empty)], [['default/be1-srv:50051'], []]);

  tell[0]!.remove({ namespace: 'default', name: 'be1-srv' });
  assert.deepEqual((await ads.responseAck(typeUrls.listener)).names, ['be2-srv']);
});

test('what a source tells at once reaches clients at once', async (t) => {
  const { connect, tell } = await startControlPlane(t, 'file');
  tell[0]!.synced();
  const ads = await connect();
  const names = Array.from({ length: 20 }, (_, index) => `be${index}`).sort();
  assert.deepEqual((await ads.requestResponseAck(typeUrls.listener, names)).names, []);
  for (const name of names) tell[0]!.upsert(grpcService(`default/${name}`, []));
  assert.deepEqual((await ads.responseAck(typeUrls.listener)).names, names);
});

test('what clients would reject never replaces what they have', async (t) => {
  const { controlPlane, lines, connect, tell } = await startControlPlane(t, 'file');
  tell[0]!.upsert(grpcService('default/be1-srv', [readyEndpoint('10.0.0.1')]));
  tell[0]!.synced();
  await controlPlane.whenReady;
  tell[0]!.upsert(grpcService('default/be1-srv', [readyEndpoint('be1.example.org')]));
  const ads = await connect();
  assert.deepEqual(addressesIn(await ads.requestResponseAck(typeUrls.endpoint, ['default/be1-srv:50051'])), [
    '10.0.0.1',
  ]);
  assert.match(controlPlane.readiness().degraded[0]!, /would reject are not in force: default\/be1-srv/);
  assert.match((await controlPlane.metrics()).text, /^evenkeel_services_rejected 1$/m);
  assert.ok(lines.some(({ msg }) => String(msg).includes('not published')));

  tell[0]!.upsert(grpcService('default/be1-srv', [readyEndpoint('10.0.0.2')]));
  assert.deepEqual(addressesIn(await ads.responseAck(typeUrls.endpoint)), ['10.0.0.2']);
  assert.deepEqual(controlPlane.readiness().degraded, []);
});

test('a Service that two sources have is served from the first, and said to be', async (t) => {
  const { controlPlane, connect, tell } = await startControlPlane(t, 'file', 'dns');
  tell[1]!.upsert(grpcService('default/be1-srv', [readyEndpoint('10.0.0.2')]));
  tell[0]!.upsert(grpcService('default/be1-srv', [readyEndpoint('10.0.0.1')]));
  for (const source of tell) source.synced();
  const ads = await connect();
  assert.deepEqual(addressesIn(await ads.requestResponseAck(typeUrls.endpoint, ['default/be1-srv:50051'])), [
    '10.0.0.1',
  ]);
  assert.deepEqual(controlPlane.readiness().degraded, ['Services that two sources have: default/be1-srv']);
  assert.match((await controlPlane.metrics()).text, /^evenkeel_discovery_conflicts 1$/m);
});

test('a source that fails is told of, and nothing else changes', async (t) => {
  const { controlPlane, connect, tell } = await startControlPlane(t, 'dns');
  tell[0]!.upsert(grpcService('default/be1-srv', [readyEndpoint('10.0.0.1')]));
  tell[0]!.synced();
  await controlPlane.whenReady;
  tell[0]!.degraded(new EvenkeelError('EK_DNS_FAILED', '127.0.0.1:53 does not answer'));
  assert.deepEqual(controlPlane.readiness(), {
    ready: true,
    reasons: [],
    degraded: ['source dns fails: 127.0.0.1:53 does not answer'],
  });
  const { text } = await controlPlane.metrics();
  assert.match(text, /^evenkeel_discovery_failures_total\{source="dns",code="EK_DNS_FAILED"\} 1$/m);
  const ads = await connect();
  assert.deepEqual((await ads.requestResponseAck(typeUrls.listener, ['be1-srv'])).names, ['be1-srv']);
});

test('a rejected response is counted, logged and kept in the dump', async (t) => {
  const { controlPlane, lines, connect, tell } = await startControlPlane(t, 'file');
  tell[0]!.upsert(grpcService('default/be1-srv', []));
  tell[0]!.synced();
  const ads = await connect();
  await ads.requestResponseNack(typeUrls.cluster, ['default/be1-srv:50051'], 'no such policy');
  await ads.expectNoResponse();
  assert.match((await controlPlane.metrics()).text, /^evenkeel_xds_nacks_total\{type="cluster"\} 1$/m);
  assert.ok(lines.some(({ reason }) => reason === 'no such policy'));
  const dump = JSON.parse(JSON.stringify(controlPlane.configDump({ namespace: 'default', limit: 10 })));
  assert.equal(dump.clients[0].types[0].rejection.message, 'no such policy');
});

test('names that are not served are told once, and why', async (t) => {
  const { controlPlane, lines, tell } = await startControlPlane(t, 'file');
  const twoPorts = [
    { port: 1, name: 'grpc', endpoints: [] },
    { port: 2, name: 'Grpc_B', endpoints: [] },
  ];
  tell[0]!.upsert(grpcService('default/be1-srv', [], { ports: twoPorts }));
  tell[0]!.synced();
  await controlPlane.whenReady;
  tell[0]!.upsert(
    grpcService('default/be1-srv', [], { ports: twoPorts, locality: { region: 'r', zone: '', subZone: '' } }),
  );
  const dump = JSON.parse(
    JSON.stringify(controlPlane.configDump({ target: 'be1-srv:Grpc_B', namespace: 'default', limit: 10 })),
  );
  assert.match(dump.target.reason, /a port name is lower-case letters, digits and dashes/);
  assert.equal(dump.services[0].refusedAliases.length, 4);
  assert.equal(lines.filter(({ msg }) => msg === 'names are not served').length, 1);
});

test('a Service that loses its last endpoint is named, with the clients that ask for it, until it has one again', async (t) => {
  const { controlPlane, connect, lines, tell } = await startControlPlane(t, 'file');
  const one = [readyEndpoint('10.0.0.1')];
  for (const name of ['orders', 'idle']) tell[0]!.upsert(grpcService(`shop/${name}`, one));
  tell[0]!.synced();
  await controlPlane.whenReady;
  const streams = [await connect(), await connect()];
  for (const ads of streams) await ads.requestResponseAck(typeUrls.endpoint, ['shop/orders:50051']);
  for (const name of ['orders', 'idle']) tell[0]!.upsert(grpcService(`shop/${name}`, []));
  await streams[0]!.responseAck(typeUrls.endpoint);
  const lost = () => lines.filter(({ msg }) => /has lost its last endpoint/.test(String(msg)));
  assert.deepEqual(
    lost().map(({ assignment, clients, level }) => [assignment, clients, level]),
    [
      ['shop/orders:50051', 2, 40],
      ['shop/idle:50051', 0, 40],
    ],
  );
  assert.deepEqual(controlPlane.readiness().degraded, [
    'without endpoints, and asked for: shop/orders:50051 (2 clients)',
  ]);
  const metric = 'evenkeel_clients_without_endpoints{assignment="shop/orders:50051"} 2';
  assert.ok((await controlPlane.metrics()).text.includes(metric));
  const dump = controlPlane.configDump({ namespace: 'default', limit: 10 }) as { services: { problems?: string[] }[] };
  assert.match(
    dump.services[0]!.problems![0]!,
    /^shop\/orders:50051 lost its last endpoint \d+ s ago; 2 clients ask for it$/,
  );
  assert.match(dump.services[1]!.problems![0]!, /0 clients ask for it$/);

  // The same state again is nothing new.
  tell[0]!.upsert(grpcService('shop/orders', [], { policy: { healthCheck: { protocol: 'tcp', grpcService: '' } } }));
  await Promise.resolve();
  assert.equal(lost().length, 2);
  tell[0]!.upsert(grpcService('shop/orders', one));
  await streams[0]!.responseAck(typeUrls.endpoint);
  assert.deepEqual(controlPlane.readiness().degraded, []);
  tell[0]!.upsert(grpcService('shop/orders', []));
  await streams[0]!.responseAck(typeUrls.endpoint);
  assert.equal(lost().length, 3, 'it is lost anew');
});

test('how old the last word of a source is stands in readiness, dump and metrics', async (t) => {
  let age: number | undefined;
  const discovery = Object.assign(new ToldSource(), { lastWordAgeMs: () => age });
  const { log } = logCapture();
  const options = { sources: [{ name: 'dns', discovery }], health, clusterDomain: 'cluster.local', version: '1', log };
  const controlPlane = new ControlPlane(options);
  await controlPlane.start({ host: '127.0.0.1', port: 0 });
  t.after(() => controlPlane.stop());
  assert.equal(controlPlane.readiness().sources, undefined);
  age = 20_000.4;
  assert.deepEqual(controlPlane.readiness().sources, [{ name: 'dns', lastWordAgeMs: 20_000 }]);
  const dump = controlPlane.configDump({ namespace: 'default', limit: 10 }) as { sources: object[] };
  assert.equal((dump.sources[0] as { lastWordAgeMs: number }).lastWordAgeMs, 20_000);
  assert.match((await controlPlane.metrics()).text, /^evenkeel_discovery_last_word_age_seconds\{source="dns"\} 20$/m);
});

test('a client whose target is removed is told of, though it asked long before', async (t) => {
  const { controlPlane, connect, lines, tell } = await startControlPlane(t, 'file');
  tell[0]!.upsert(grpcService('default/orders', []));
  tell[0]!.synced();
  await controlPlane.whenReady;
  const ads = await connect();
  await ads.requestResponseAck(typeUrls.listener, ['orders']);
  tell[0]!.remove({ namespace: 'default', name: 'orders' });
  await ads.responseAck(typeUrls.listener);
  while (!lines.some(({ code }) => code === 'EK_NOT_SERVED')) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(lines.find(({ code }) => code === 'EK_NOT_SERVED')?.target, 'orders');
});
