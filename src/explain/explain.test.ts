import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdsTestClient, typeUrls } from '@evenkeel/xds';
import { EvenkeelError } from '../base/errors.ts';
import { displayWidth } from '../base/printable.ts';
import { clientBootstrap } from '../bootstrap/client-bootstrap.ts';
import { EchoBackend } from '../controlplane/testing/echo-backend.ts';
import { grpcService, readyEndpoint } from '../controlplane/testing/told-source.ts';
import { XdsClient } from '../controlplane/testing/xds-client.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { painter } from '../probe/print/layout.ts';
import { printExplanation } from './print-explanation.ts';
import { explain } from './show-explanation.ts';
import { startControlPlane } from './testing/control-plane.ts';
import { frozenAdmin } from './testing/frozen-admin.ts';

const orders = grpcService('shop/orders', [
  { ...readyEndpoint('10.0.0.1'), pod: 'orders-1' },
  { ...readyEndpoint('10.0.0.2'), pod: 'orders-2' },
]);

const notReady = (pod: string, terminating = false): Endpoint => ({
  ...readyEndpoint(`10.0.0.${pod.at(-1)}`),
  conditions: { ready: false, serving: false, terminating },
  pod,
});

/** What `evenkeel explain` prints first, and whether all is in order. */
async function firstLine(question: Parameters<typeof explain>[0]): Promise<string> {
  const explanation = await explain(question);
  const lines = printExplanation(explanation, painter(false)).split('\n');
  for (const line of lines) assert.ok(displayWidth(line) <= 80, line);
  assert.equal(explanation.inOrder, lines[0]!.startsWith('In order'));
  return lines[0]!;
}

test('a target that is in order, asked for by a real client', async (t) => {
  const backend = await EchoBackend.start('127.0.0.1', 0);
  t.after(() => backend.stop());
  const { tell, xds, admin } = await startControlPlane(t);
  tell.upsert(grpcService('shop/orders', [readyEndpoint('127.0.0.1', backend.port)]));
  tell.synced();
  const client = new XdsClient(clientBootstrap({ server: xds, namespace: 'shop', nodeId: 'web-1' }));
  t.after(() => client.close());
  await client.call('orders');

  const found = await explain({ target: 'xds:///orders', from: 'pod/web-1', admins: [admin] });
  assert.equal(
    found.conclusion,
    'In order: xds:///orders leads to 1 pod, and the stream of web-1 that asks has acknowledged it.',
  );
  assert.deepEqual(found.findings, []);
  assert.deepEqual(
    found.clients.map(({ client: id, asks, state }) => [id, asks, state]),
    [['web-1', ['orders'], 'SYNCED']],
  );
  assert.deepEqual([found.way?.service, found.way?.port, found.way?.published], ['shop/orders', '50051 (grpc)', 1]);
  const dns = await firstLine({ target: 'dns:///orders.shop:50051', admins: [admin] });
  assert.match(dns, /^A client that dials dns:\/\/\/ asks DNS and not the control plane/);
  assert.match(await firstLine({ target: 'shop/orders', admins: [admin] }), /^"shop\/orders" is how kubectl writes it/);
});

test('a name that does not exist, or is that of another namespace', async (t) => {
  const { tell, admin } = await startControlPlane(t);
  tell.upsert(orders);
  tell.synced();
  const ask = (target: string) => firstLine({ target, admins: [admin] });
  assert.equal(await ask('xds:///ordres.shop'), 'No Service shop/ordres: did you mean xds:///orders.shop?');
  assert.equal(await ask('orders'), 'No Service default/orders: did you mean xds:///orders.shop?');
  assert.equal(await ask('orders.test:50051'), 'No Service test/orders: did you mean xds:///orders.shop?');
  assert.equal(await ask('nothing.like.svc'), 'No Service like/nothing.');
  assert.match(await ask('dns:///ordres.shop:80'), /^No Service shop\/ordres: did you mean/);
  assert.match(await ask('orders..shop'), /^"orders\.\.shop" is no target: /);
  assert.match(await ask('orders.shop:1:2'), /^"orders\.shop:1:2" is no target: more than one colon/);
  assert.match(await ask('orders.shop.example.com'), /is no target: after the namespace/);
});

test('a port that does not exist', async (t) => {
  const { tell, admin } = await startControlPlane(t);
  tell.upsert(orders);
  tell.synced();
  const line = await firstLine({ target: 'xds:///orders.shop:8080', admins: [admin] });
  assert.equal(line, 'Service shop/orders has no port 8080; it has 50051 (grpc).');
});

test('no pod is ready', async (t) => {
  const { tell, admin } = await startControlPlane(t);
  tell.upsert(grpcService('shop/orders', [notReady('orders-1'), notReady('orders-2'), notReady('orders-3', true)]));
  tell.synced();
  const found = await explain({ target: 'orders.shop', admins: [admin] });
  assert.equal(
    found.conclusion,
    'No pod of shop/orders:50051 is ready: orders-1, orders-2 are not ready; orders-3 is terminating.',
  );
  assert.deepEqual(
    found.way?.endpoints.map(({ pod, state }) => [pod, state]),
    [
      ['orders-1', 'not-ready'],
      ['orders-2', 'not-ready'],
      ['orders-3', 'terminating'],
    ],
  );
});

test('a selector that matches nothing', async (t) => {
  const { tell, admin } = await startControlPlane(t);
  tell.upsert(grpcService('shop/orders', []));
  tell.upsert(grpcService('shop/none', [], { problems: ['it has neither a selector nor an EndpointSlice: nothing'] }));
  tell.synced();
  const line = await firstLine({ target: 'orders.shop', admins: [admin] });
  assert.equal(line, 'shop/orders:50051 has no endpoint: its selector matches no pod.');
  assert.match(await firstLine({ target: 'none.shop', admins: [admin] }), /has no endpoint: it has neither a selector/);
});

test('a namespace that the control plane may not read', async (t) => {
  const { tell, discovery, admin } = await startControlPlane(t);
  const error = new EvenkeelError('EK_KUBE_FORBIDDEN', 'services is forbidden in the namespace vault');
  discovery.forbidden = [{ namespace: 'vault', error }];
  tell.upsert(orders);
  tell.synced();
  const line = await firstLine({ target: 'orders.vault', admins: [admin] });
  assert.match(line, /^The control plane may not read the namespace of orders\.vault: services is/);
});

test('a resource that a client rejected', async (t) => {
  const { tell, connect, admin } = await startControlPlane(t);
  tell.upsert(orders);
  tell.upsert(grpcService('shop/cart', [readyEndpoint('10.0.0.9')]));
  tell.synced();
  const ads = await connect('web-1');
  await ads.requestResponseAck(typeUrls.listener, ['orders.shop']);
  await ads.requestResponseNack(typeUrls.cluster, ['shop/orders:50051'], 'policy unknown');
  await ads.expectNoResponse();
  assert.match(
    await firstLine({ target: 'orders.shop', admins: [admin] }),
    /^web-1 \(Go 1\.85\.0\) rejected clusters \(shop\/orders:50051\) \d\.\d s ago/,
  );
  // It has nothing to do with another target.
  const other = await connect('web-2');
  await other.requestResponseAck(typeUrls.listener, ['cart.shop']);
  assert.match(await firstLine({ target: 'cart.shop', admins: [admin] }), /^In order/);
});

test('a client without a bootstrap, and one that asks for something else', async (t) => {
  const { tell, connect, admin } = await startControlPlane(t);
  tell.upsert(orders);
  tell.upsert(grpcService('shop/cart', [readyEndpoint('10.0.0.9')]));
  tell.synced();
  const ask = (from?: string) => firstLine({ target: 'orders.shop', from, admins: [admin] });
  assert.match(await ask(), /^It is served, and no client at all is connected: without a bootstrap/);
  assert.equal(await ask('web-9'), 'No client called web-9 is connected: it has no xDS bootstrap, or does not get');
  const ads = await connect('web-1', 'shop', { kubeNode: 'node-7' });
  await ads.requestResponseAck(typeUrls.listener, ['cart.shop']);
  assert.match(await ask(), /^It is served, and nobody asks for it, of 1 stream of clients/);
  for (const from of ['web-1', 'node-7', 'pod/web-1', '127.0.0.1']) {
    assert.match(await ask(from), /is connected and does not ask for it: it asks for/);
  }
});

test('a bare name means that of the client, whichever control plane knows it', async (t) => {
  const [one, other] = [await startControlPlane(t), await startControlPlane(t)];
  for (const { tell } of [one, other]) {
    tell.upsert(orders);
    tell.synced();
  }
  const ads = await other.connect('web-1', 'shop');
  await ads.requestResponseAck(typeUrls.listener, ['orders']);
  const admins = [one.admin, other.admin];
  assert.match(await firstLine({ target: 'orders', from: 'web-1', admins }), /^In order: .* leads to 2 pods/);
  assert.match(await firstLine({ target: 'orders', admins }), /^No Service default\/orders/);
});

test('a replica that stands still, one that differs and one that is not ready', async (t) => {
  const { tell, connect, admin } = await startControlPlane(t);
  tell.upsert(orders);
  tell.synced();
  const ads = await connect('web-1');
  await ads.requestResponseAck(typeUrls.listener, ['orders.shop']);
  const frozen = await frozenAdmin(t);
  const line = await firstLine({ target: 'orders.shop', admins: [admin, frozen] });
  assert.equal(line, `Control plane ${frozen} does not answer: no answer within 1.2 s; its`);

  const differs = await startControlPlane(t);
  differs.tell.upsert(grpcService('shop/orders', [readyEndpoint('10.0.0.1')]));
  differs.tell.synced();
  const both = await explain({ target: 'orders.shop', admins: [admin, differs.admin] });
  assert.match(both.conclusion, /^The control planes differ: \S+ has 2 endpoints, \S+ has 1 endpoint\.$/);

  const starting = await startControlPlane(t);
  assert.match(
    await firstLine({ target: 'orders.shop', admins: [starting.admin] }),
    /^Control plane \S+ accepts no clients yet: source told has not told$/,
  );
});

test('what only traffic on the same Kubernetes node may reach', async (t) => {
  const { tell, connect, admin } = await startControlPlane(t);
  const endpoint = { ...readyEndpoint('10.0.0.1'), kubeNode: 'node-1' };
  tell.upsert(grpcService('shop/orders', [endpoint], { internalTrafficPolicy: 'Local' }));
  tell.synced();
  const ads = await connect('web-1', 'shop', { kubeNode: 'node-2' });
  await ads.requestResponseAck(typeUrls.listener, ['orders.shop']);
  const line = await firstLine({ target: 'orders.shop', from: 'web-1', admins: [admin] });
  assert.equal(line, 'shop/orders has internalTrafficPolicy Local, and no pod that is ready on node-2.');
});

test('a port that says that it does not speak gRPC', async (t) => {
  const { tell, connect, admin } = await startControlPlane(t);
  const ports = [{ port: 80, name: 'web', appProtocol: 'https', endpoints: [readyEndpoint('10.0.0.1')] }];
  tell.upsert(grpcService('shop/web', [], { ports }));
  tell.synced();
  const ads = await connect('web-1');
  await ads.requestResponseAck(typeUrls.listener, ['web.shop']);
  const line = await firstLine({ target: 'web.shop', admins: [admin] });
  assert.equal(line, 'Port 80 of shop/web has the appProtocol https, which is not gRPC.');
});

test('an Envoy that rejects the listener or the routes by which it leads to the Service', async (t) => {
  const gateway = { name: 'edge', listen: { host: '127.0.0.1', port: 80 }, namespace: 'shop' };
  const { tell, xds, admin } = await startControlPlane(t, { gateways: [gateway] });
  tell.upsert(orders);
  tell.synced();
  const node = { id: 'edge-1', cluster: 'edge', userAgentName: 'envoy', userAgentVersion: '1.40.0' };
  const envoy = await AdsTestClient.connect(`http://${xds}`, { node });
  t.after(() => envoy.close());
  const ads = envoy.sotw();
  await ads.requestResponseAck(typeUrls.cluster);
  await ads.requestResponseAck(typeUrls.endpoint, ['shop/orders:50051']);
  await ads.requestResponseNack(typeUrls.listener, [], 'cannot bind 127.0.0.1:80: Permission denied');
  await ads.expectNoResponse();
  for (const from of [undefined, 'edge-1']) {
    const line = await firstLine({ target: 'orders.shop', from, admins: [admin] });
    assert.match(line, /^edge-1 \(Envoy 1\.40\.0\) rejected listeners \(gateway\/edge\) \d\.\d s ago, it has none/);
  }
  const plain = grpcService('shop/web', [], { ports: [{ port: 80, name: 'web', appProtocol: 'tcp', endpoints: [] }] });
  tell.upsert({ ...plain, ports: [{ ...plain.ports[0]!, endpoints: [readyEndpoint('10.0.0.9')] }] });
  const other = await firstLine({ target: 'web.shop', from: 'edge-1', admins: [admin] });
  assert.match(other, /^edge-1 is connected and does not ask for it: it is the gateway edge, which/);
});

test('a client that was named is looked at, however many others ask before it', async (t) => {
  const { tell, controlPlane, connect } = await startControlPlane(t);
  tell.upsert(orders);
  tell.synced();
  await controlPlane.whenReady;
  for (const id of ['web-1', 'web-2', 'web-3']) {
    await (await connect(id)).requestResponseAck(typeUrls.listener, ['orders.shop']);
  }
  const { clients, asking } = controlPlane.explain({ target: 'orders.shop', from: 'web-3', limit: 1 });
  assert.deepEqual([clients.map(({ node }) => node.id), asking], [['web-3'], 3]);
});
