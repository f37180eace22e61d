import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { AdsTestClient, type ReceivedResponse, typeUrls } from '@evenkeel/xds';
import { DnsDiscovery } from '../discovery/dns/dns-discovery.ts';
import { ZoneServer } from '../discovery/testing/zone-server.ts';
import { ControlPlane } from './control-plane.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService, readyEndpoint, ToldSource } from './testing/told-source.ts';

const health = { intervalMs: 100, timeoutMs: 20_000, rise: 1, fall: 1, jitter: 0 };
const srvName = '_grpc._tcp.orders.shop.svc.cluster.local';

/** A control plane that has started anew, while DNS answers for nothing: it knows `shop/carts`, and not yet `shop/orders`. */
async function restarted(t: TestContext) {
  const dns = await ZoneServer.start();
  t.after(() => dns.close());
  dns.mode = 'SERVFAIL';
  const carts = new ToldSource();
  const orders = new DnsDiscovery({
    ...{ clusterDomain: 'cluster.local', minIntervalMs: 5, maxIntervalMs: 10, timeoutMs: 30_000, attempts: 1 },
    services: [{ namespace: 'shop', name: 'orders', ports: [{ portName: 'grpc', protocol: 'tcp' }], policy: {} }],
    ...{ servers: [dns.address], startGraceMs: 1 },
  });
  const controlPlane = new ControlPlane({
    sources: [
      { name: 'file', discovery: carts },
      { name: 'dns', discovery: orders },
    ],
    gateways: [{ name: 'edge', namespace: 'shop', listen: { host: '127.0.0.1', port: 1 } }],
    ...{ health, clusterDomain: 'cluster.local', version: '1.2.3', log: logCapture().log },
  });
  const { port } = await controlPlane.start({ host: '127.0.0.1', port: 0 });
  t.after(() => controlPlane.stop());
  carts.tell.upsert(grpcService('shop/carts', [readyEndpoint('127.0.0.1')]));
  carts.tell.synced();
  await controlPlane.whenReady;
  const connect = async (metadata: Record<string, string>): Promise<AdsTestClient> => {
    const client = await AdsTestClient.connect(`http://127.0.0.1:${port}`, { node: { id: 'test', metadata } });
    t.after(() => client.close());
    return client;
  };
  const answer = (there: boolean): void => {
    const target = 'a.orders.shop.svc.cluster.local';
    const records = [
      { type: 'SRV', name: srvName, ttl: 0, data: { priority: 0, weight: 1, port: 50051, target } },
      { type: 'A', name: target, ttl: 0, data: '127.0.0.2' },
    ] as const;
    dns.serve(there ? [...records] : [], there ? [] : [srvName]);
    dns.mode = 'answer';
  };
  return { connect, answer };
}

const namesOf = (response: ReceivedResponse): string[] => response.names.toSorted();

suite('a Service that DNS has not answered for yet, after the start has waited for it', () => {
  test('a client that comes back keeps it, and gets it when DNS answers', async (t) => {
    const { connect, answer } = await restarted(t);
    const stream = (await connect({ namespace: 'shop' })).sotw();
    stream.send({ typeUrl: typeUrls.listener, names: ['carts', 'orders'], version: 'of before' });
    stream.send({ typeUrl: typeUrls.cluster, names: ['shop/carts:50051', 'shop/orders:50051'], version: 'of before' });
    await stream.expectNoResponse();
    answer(true);
    assert.deepEqual(namesOf(await stream.responseAck(typeUrls.cluster)), ['shop/carts:50051', 'shop/orders:50051']);
    assert.deepEqual(namesOf(await stream.responseAck(typeUrls.listener)), ['carts', 'orders']);
  });

  test('it is taken away once DNS says that there is none', async (t) => {
    const { connect, answer } = await restarted(t);
    const stream = (await connect({ namespace: 'shop' })).sotw();
    stream.send({ typeUrl: typeUrls.listener, names: ['carts', 'orders.shop'], version: 'of before' });
    await stream.expectNoResponse();
    answer(false);
    assert.deepEqual(namesOf(await stream.responseAck(typeUrls.listener)), ['carts']);
  });

  test('a client that knows nothing yet is served without it, and gets it later', async (t) => {
    const { connect, answer } = await restarted(t);
    const stream = (await connect({ namespace: 'shop' })).sotw();
    assert.deepEqual(namesOf(await stream.requestResponseAck(typeUrls.listener, ['carts', 'orders'])), ['carts']);
    answer(true);
    assert.deepEqual(namesOf(await stream.responseAck(typeUrls.listener)), ['carts', 'orders']);
  });

  test('an Envoy that comes back keeps its cluster and its route, state of the world and delta', async (t) => {
    const { connect, answer } = await restarted(t);
    const sotw = (await connect({ gateway: 'edge' })).sotw();
    sotw.send({ typeUrl: typeUrls.cluster, version: 'of before' });
    sotw.send({ typeUrl: typeUrls.route, names: ['gateway/edge'], version: 'of before' });
    await sotw.expectNoResponse();
    const delta = (await connect({ gateway: 'edge' })).delta();
    const had = { 'shop/carts:50051': 'of before', 'shop/orders:50051': 'of before' };
    delta.send({ typeUrl: typeUrls.cluster, initialVersions: had });
    const first = await delta.responseAck(typeUrls.cluster);
    assert.deepEqual([first.names, first.removed], [['shop/carts:50051'], []]);
    delta.send({ typeUrl: typeUrls.route, subscribe: ['gateway/edge'], initialVersions: { 'gateway/edge': 'before' } });
    await delta.expectNoResponse();
    answer(true);
    for (const stream of [sotw, delta]) {
      assert.ok((await stream.responseAck(typeUrls.cluster)).names.includes('shop/orders:50051'));
      assert.deepEqual((await stream.responseAck(typeUrls.route)).names, ['gateway/edge']);
    }
  });
});
