import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AdsTestClient, typeUrls } from '@evenkeel/xds';
import type { KubernetesDiscoveryOptions } from '../discovery/kubernetes/kubernetes-discovery.ts';
import { FakeApiServer, sendStatus } from '../discovery/kubernetes/testing/fake-api-server.ts';
import { discoveryOf } from '../discovery/kubernetes/testing/fake-driver.ts';
import { serviceObject, sliceObject } from '../discovery/kubernetes/testing/objects.ts';
import { ControlPlane } from './control-plane.ts';
import { logCapture } from './testing/log-capture.ts';

const health = { intervalMs: 100, timeoutMs: 20_000, rise: 1, fall: 1, jitter: 0 };

async function apiServer(t: TestContext): Promise<FakeApiServer> {
  const fake = await FakeApiServer.start();
  t.after(() => fake.stop());
  fake.apply('services', serviceObject('shop/orders'));
  const endpoint = { address: '10.0.0.1', pod: 'orders-1', nodeName: 'node-1', zone: 'zone-a' };
  fake.apply('endpointslices', sliceObject('shop/orders', 'x1', [endpoint]));
  return fake;
}

async function start(t: TestContext, fake: FakeApiServer, options: KubernetesDiscoveryOptions = {}) {
  const { log, lines } = logCapture();
  const sources = [{ name: 'kubernetes', discovery: discoveryOf(fake, options) }];
  const controlPlane = new ControlPlane({ sources, health, clusterDomain: 'cluster.local', version: '1.2.3', log });
  const { port } = await controlPlane.start({ host: '127.0.0.1', port: 0 });
  t.after(() => controlPlane.stop());
  const connect = async (metadata: Record<string, string>) => {
    const client = await AdsTestClient.connect(`http://127.0.0.1:${port}`, { node: { id: 'fe-1', metadata } });
    t.after(() => client.close());
    return client.sotw();
  };
  const dump = (query: { service?: string; target?: string; namespace?: string } = {}) =>
    controlPlane.configDump({ namespace: 'default', limit: 100, ...query }) as {
      services: { problems?: string[]; healthCheck?: object; ports: object[] }[];
      clients: { node: object }[];
      sources: { unserved?: { namespace: string; error: { code: string } }[] }[];
      target?: { served: boolean; reason?: string };
    };
  return { controlPlane, lines, connect, dump };
}

/** Resolves once `holds` does; what is looked at tells nobody by itself. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(10);
}

test('a Service of the API is served under its names', async (t) => {
  const { controlPlane, connect } = await start(t, await apiServer(t));
  await controlPlane.whenReady;
  const [age] = controlPlane.readiness().sources ?? [];
  assert.deepEqual([age?.name, typeof age?.lastWordAgeMs], ['kubernetes', 'number']);
  const ads = await connect({ namespace: 'shop' });
  const { names } = await ads.requestResponseAck(typeUrls.listener, ['orders', 'orders.shop:grpc']);
  assert.deepEqual([...names].sort(), ['orders', 'orders.shop:grpc']);
  assert.deepEqual((await ads.requestResponseAck(typeUrls.endpoint, ['shop/orders:50051'])).names, [
    'shop/orders:50051',
  ]);
});

test('an annotation that is no good is logged and shown, and what was in force stays', async (t) => {
  const fake = await apiServer(t);
  const annotated = (value: string) =>
    fake.apply('services', serviceObject('shop/orders', {}, { annotations: { 'evenkeel.dev/healthCheck': value } }));
  annotated('none');
  const { controlPlane, dump, lines } = await start(t, fake);
  await controlPlane.whenReady;
  annotated('yes please');
  await until(() => dump().services[0]?.problems !== undefined);
  const [problem] = dump({ service: 'shop/orders' }).services[0]!.problems!;
  assert.match(problem!, /evenkeel\.dev\/healthCheck is "yes please" and must be .*; "none" stays in force/);
  const told = lines.find((line) => line.problem === problem);
  assert.equal(told?.service, 'shop/orders');
  assert.match((await controlPlane.metrics()).text, /^evenkeel_services_incomplete 1$/m);
});

test('missing rights keep the gate closed and are named by /readyz', async (t) => {
  const fake = await apiServer(t);
  fake.intercept = ({ kind }, response) => {
    if (kind === 'endpointslices') sendStatus(response, 403, 'endpointslices.discovery.k8s.io is forbidden');
    return kind === 'endpointslices';
  };
  const { controlPlane } = await start(t, fake);
  await until(() => controlPlane.readiness().degraded.length > 0);
  const { ready, reasons, degraded } = controlPlane.readiness();
  assert.equal(ready, false);
  assert.match(reasons[0]!, /source kubernetes has not told everything yet: .*forbids to list endpointslices/);
  assert.match(degraded[0]!, /forbids to list endpointslices\.discovery\.k8s\.io in all namespaces/);
  fake.intercept = undefined;
  await controlPlane.whenReady;
});

test('of several namespaces one that may not be read is left out, and named wherever a person looks', async (t) => {
  const fake = await apiServer(t);
  fake.apply('services', serviceObject('dark/secret'));
  fake.intercept = ({ namespace }, response) => {
    if (namespace === 'dark') sendStatus(response, 403, 'services is forbidden: User "x" cannot list');
    return namespace === 'dark';
  };
  const { controlPlane, connect, dump, lines } = await start(t, fake, {
    namespaces: ['dark', 'shop'],
    forbiddenGraceMs: 50,
  });
  await controlPlane.whenReady;
  const ads = await connect({ namespace: 'shop' });
  assert.deepEqual((await ads.requestResponseAck(typeUrls.listener, ['orders'])).names, ['orders']);

  const why = /the namespace dark is not served: the API server forbids to list services in namespace dark/;
  const { ready, degraded } = controlPlane.readiness();
  assert.equal(ready, true);
  assert.match(degraded[0]!, why);
  assert.ok(lines.some(({ error }) => why.test((error as Error | undefined)?.message ?? '')));
  const { text } = await controlPlane.metrics();
  assert.match(text, /^evenkeel_discovery_namespaces_forbidden\{source="kubernetes",namespace="dark"\} 1$/m);
  assert.match(
    text,
    /^evenkeel_discovery_reads_total\{source="kubernetes",resource="services",verb="list",reason="start"\} 2$/m,
  );
  const { sources, target } = dump({ target: 'secret.dark' });
  assert.deepEqual(
    sources[0]!.unserved!.map(({ namespace, error }) => [namespace, error.code]),
    [['dark', 'EK_KUBE_FORBIDDEN']],
  );
  assert.match(target!.reason!, why);

  fake.intercept = undefined;
  await until(() => controlPlane.readiness().degraded.length === 0);
  assert.equal(dump({ target: 'secret.dark' }).target!.served, true);
});

test('while the API server is away the last good state is served, and /readyz and metrics say so', async (t) => {
  const fake = await apiServer(t);
  const { controlPlane, connect } = await start(t, fake);
  await controlPlane.whenReady;
  fake.goDown();
  await until(() => controlPlane.readiness().degraded.length > 0);
  assert.equal(controlPlane.readiness().ready, true);
  assert.match(
    controlPlane.readiness().degraded[0]!,
    /^source kubernetes fails: the API server http:\S+ cannot be reached/,
  );
  assert.match((await controlPlane.metrics()).text, /^evenkeel_discovery_degraded\{source="kubernetes"\} 1$/m);
  const ads = await connect({ namespace: 'shop' });
  assert.deepEqual((await ads.requestResponseAck(typeUrls.listener, ['orders'])).names, ['orders']);
  fake.comeBack();
  await until(() => controlPlane.readiness().degraded.length === 0);
});

test('a client that asks for what is not served is told of in the log, with the reason', async (t) => {
  const { controlPlane, connect, dump, lines } = await start(t, await apiServer(t), { namespaces: ['shop'] });
  await controlPlane.whenReady;
  const ads = await connect({ namespace: 'shop' });
  ads.request(typeUrls.listener, ['orders', 'ordres', 'orders.dark']);
  const told = () => lines.filter(({ code }) => code === 'EK_NOT_SERVED');
  await until(() => told().length === 2);
  assert.deepEqual(
    told().map(({ node, target, reason }) => [node, target, reason]),
    [
      ['fe-1', 'ordres', "there is no Service shop/ordres (the namespace is the client's)"],
      ['fe-1', 'orders.dark', 'there is no Service dark/orders; of Kubernetes only the namespaces shop are served'],
    ],
  );
  assert.deepEqual(dump({ target: 'orders.dark' }).target?.reason, told()[1]!.reason);
  assert.equal(dump({ target: 'orders.shop' }).target?.served, true);
});

test('the zone of a client is learned from the machine that it is on', async (t) => {
  const { controlPlane, connect, dump } = await start(t, await apiServer(t));
  await controlPlane.whenReady;
  const ads = await connect({ namespace: 'shop', kubeNode: 'node-1' });
  await ads.requestResponseAck(typeUrls.listener, ['orders']);
  const { kubeNode, kubeNodeZone } = dump().clients[0]!.node as Record<string, unknown>;
  assert.deepEqual([kubeNode, kubeNodeZone], ['node-1', 'zone-a']);
});
