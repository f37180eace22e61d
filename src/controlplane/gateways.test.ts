import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { AdsTestClient, type ReceivedResponse, typeUrls, type XdsNode } from '@evenkeel/xds';
import { ClusterSchema } from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import { RouteConfigurationSchema } from '@evenkeel/xds/gen/envoy/config/route/v3/route_pb';
import type { Gateway } from '../translate/gateway.ts';
import { ControlPlane } from './control-plane.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService, readyEndpoint, ToldSource } from './testing/told-source.ts';

const listen = { host: '127.0.0.1', port: 8080 };
const edge: Gateway = { name: 'edge', listen, namespace: 'default' };
const envoy = { id: 'proxy', cluster: 'edge', userAgentName: 'envoy' };
const { cluster, endpoint, listener, route } = typeUrls;

/** A control plane with one source, and clients of it. */
async function startControlPlane(t: TestContext, ...gateways: Gateway[]) {
  const source = new ToldSource();
  const { log, lines } = logCapture();
  const controlPlane = new ControlPlane({
    sources: [{ name: 'file', discovery: source }],
    health: { intervalMs: 1000, timeoutMs: 1000, rise: 1, fall: 1, jitter: 0 },
    clusterDomain: 'cluster.local',
    gateways,
    version: '1.2.3',
    log,
  });
  const { port } = await controlPlane.start({ host: '127.0.0.1', port: 0 });
  t.after(() => controlPlane.stop());
  const connect = async (node: Partial<XdsNode>) => {
    const client = await AdsTestClient.connect(`http://127.0.0.1:${port}`, { node });
    t.after(() => client.close());
    return client;
  };
  return { controlPlane, lines, connect, tell: source.tell };
}

function domainsIn({ resources }: ReceivedResponse): string[] {
  return resources.flatMap(({ bytes }) =>
    fromBinary(RouteConfigurationSchema, bytes).virtualHosts.map(({ domains }) => domains[0]!),
  );
}

test('a gateway gets one listener, its routes and its clusters, and the endpoints that all clients get', async (t) => {
  const { connect, tell } = await startControlPlane(t, edge);
  tell.upsert(grpcService('default/be1-srv', [readyEndpoint('10.0.0.1')]));
  tell.upsert(grpcService('default/plain', [], { ports: [{ port: 80, name: 'http', endpoints: [] }] }));
  tell.synced();
  const ads = (await connect(envoy)).sotw();
  const clusters = await ads.requestResponseAck(cluster);
  assert.deepEqual(clusters.names, ['default/be1-srv:50051']);
  const { typedExtensionProtocolOptions } = fromBinary(ClusterSchema, clusters.resources[0]!.bytes);
  assert.equal(Object.keys(typedExtensionProtocolOptions).length, 1, 'HTTP/2 to the endpoints');
  const mine = await ads.requestResponseAck(endpoint, ['default/be1-srv:50051']);
  assert.deepEqual((await ads.requestResponseAck(listener)).names, ['gateway/edge']);
  assert.deepEqual(domainsIn(await ads.requestResponseAck(route, ['gateway/edge'])), ['be1-srv']);

  const grpc = (await connect({ id: 'client' })).sotw();
  const theirs = await grpc.requestResponseAck(endpoint, ['default/be1-srv:50051']);
  assert.deepEqual(theirs.resources, mine.resources);
});

test('endpoints change the assignment alone, Services the routes and clusters, nothing the listener', async (t) => {
  const { connect, tell } = await startControlPlane(t, edge);
  tell.upsert(grpcService('default/be1-srv', []));
  tell.synced();
  const ads = (await connect(envoy)).delta();
  await ads.requestResponseAck(cluster);
  await ads.requestResponseAck(endpoint, { subscribe: ['default/be1-srv:50051'] });
  await ads.requestResponseAck(listener);
  await ads.requestResponseAck(route, { subscribe: ['gateway/edge'] });

  tell.upsert(grpcService('default/be1-srv', [readyEndpoint('10.0.0.1')]));
  assert.deepEqual((await ads.responseAck(endpoint)).names, ['default/be1-srv:50051']);
  await ads.expectNoResponse();

  tell.upsert(grpcService('default/be2-srv', []));
  assert.deepEqual((await ads.responseAck(cluster)).names, ['default/be2-srv:50051']);
  assert.deepEqual(domainsIn(await ads.responseAck(route)), ['be1-srv', 'be2-srv']);
  await ads.expectNoResponse();

  tell.remove({ namespace: 'default', name: 'be1-srv' });
  assert.deepEqual(domainsIn(await ads.responseAck(route)), ['be2-srv']);
});

test('each gateway has its own, a client none of it, and an Envoy that is no gateway no listener', async (t) => {
  const inner: Gateway = {
    name: 'inner',
    listen,
    namespace: 'shop',
    services: [{ namespace: 'shop', name: 'orders' }],
  };
  const { connect, tell } = await startControlPlane(t, edge, inner);
  tell.upsert(grpcService('default/be1-srv', []));
  tell.upsert(grpcService('shop/orders', []));
  tell.synced();
  const asInner = (await connect({ id: 'any', metadata: { gateway: 'inner' } })).sotw();
  assert.deepEqual((await asInner.requestResponseAck(listener)).names, ['gateway/inner']);
  assert.deepEqual((await asInner.requestResponseAck(cluster)).names, ['shop/orders:50051']);
  const asOther = (await connect({ ...envoy, cluster: 'unheard-of' })).sotw();
  assert.deepEqual((await asOther.requestResponseAck(cluster)).names, ['default/be1-srv:50051', 'shop/orders:50051']);
  assert.deepEqual((await asOther.requestResponseAck(listener)).names, []);
  const client = (await connect({ id: 'client' })).sotw();
  assert.deepEqual((await client.requestResponseAck(listener, ['be1-srv', 'gateway/edge'])).names, ['be1-srv']);
});

test('a Service that is not there yet is told of once, and led to when it comes', async (t) => {
  const gateway: Gateway = { ...edge, services: [{ namespace: 'default', name: 'late' }] };
  const { controlPlane, lines, connect, tell } = await startControlPlane(t, gateway);
  tell.upsert(grpcService('default/be1-srv', []));
  tell.synced();
  const ads = (await connect(envoy)).sotw();
  assert.deepEqual(domainsIn(await ads.requestResponseAck(route, ['gateway/edge'])), []);
  tell.upsert(grpcService('default/be2-srv', []));
  await ads.expectNoResponse();
  const warnings = lines.filter(({ subject }) => subject === 'default/late');
  assert.deepEqual(
    warnings.map(({ reason }) => reason),
    ['there is no such Service'],
  );
  const problemsOf = () =>
    (
      controlPlane.configDump({ namespace: 'default', limit: 10 }) as { gateways: { problems: object[] }[] }
    ).gateways.map(({ problems }) => problems);
  assert.deepEqual(problemsOf(), [[{ subject: 'default/late', reason: 'there is no such Service' }]]);

  tell.upsert(grpcService('default/late', []));
  assert.deepEqual(domainsIn(await ads.responseAck(route)), ['late']);
  assert.deepEqual(problemsOf(), [[]]);
});
