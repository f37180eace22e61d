// evenkeel serve --kubernetes, a real gRPC client, and an API server that goes away.
import assert from 'node:assert/strict';
import { exec } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { clientBootstrap } from '../../src/bootstrap/client-bootstrap.ts';
import { EchoBackend } from '../../src/controlplane/testing/echo-backend.ts';
import { Load } from '../../src/controlplane/testing/load.ts';
import { ServeProcess } from '../../src/controlplane/testing/serve-process.ts';
import { XdsClient } from '../../src/controlplane/testing/xds-client.ts';
import { findKubeAccess } from '../../src/discovery/kubernetes/kube-access.ts';
import { kubernetesFollows } from '../support/awake.ts';
import { without, withoutCluster } from '../support/cluster.ts';
import {
  Api,
  createNamespace,
  deleteNamespace,
  serviceObject,
  servicePath,
  sliceObject,
  slicePath,
} from './support/api.ts';

const skip = withoutCluster();
const stop = process.env.EVENKEEL_CLUSTER_STOP_APISERVER;
const startAgain = process.env.EVENKEEL_CLUSTER_START_APISERVER;
const cannotStop = without(stop && startAgain, 'EVENKEEL_CLUSTER_STOP_APISERVER and …_START_APISERVER are not set');
const outageMs = 30_000;

/** An address that the API takes for an endpoint: not loopback, not link-local. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const usable = all.find(
    ({ family, internal, address }) => family === 'IPv4' && !internal && !/^169\.254/.test(address),
  );
  assert.ok(usable, 'this machine has no address but loopback');
  return usable.address;
}

/** Resolves once `holds` does; what is asked tells nobody by itself. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(100);
}

const cleanUps: (() => unknown)[] = [];
after(async () => {
  for (const one of cleanUps.reverse()) await one();
});

test('a real gRPC client follows the EndpointSlices, an outage of the API server included', {
  skip,
  timeout: 600_000,
}, async (t) => {
  const api = new Api(await findKubeAccess({}));
  cleanUps.push(() => api.close());
  const namespace = await createNamespace(api, 'ek-discovery');
  cleanUps.push(() => deleteNamespace(api, namespace));

  const address = ownAddress();
  const [one, two] = [await EchoBackend.start(address, 0, 'one'), await EchoBackend.start(address, 0, 'two')];
  cleanUps.push(() => [one, two].map((backend) => backend.stop()));
  const write = async (backends: readonly EchoBackend[]): Promise<void> => {
    for (const backend of [one, two]) {
      const name = `orders-${backend === one ? 'x1' : 'x2'}`;
      const endpoints = backends.includes(backend) ? [{ address }] : [];
      await api.apply(slicePath(namespace, name), sliceObject('orders', name, endpoints, backend.port));
    }
  };
  await api.apply(servicePath(namespace, 'orders'), serviceObject('orders'));
  await write([one]);

  const { KUBECONFIG = '' } = process.env;
  const serve = new ServeProcess([
    ...['--kubernetes', '--namespaces', namespace, ...(KUBECONFIG === '' ? [] : ['--kubeconfig', KUBECONFIG])],
    ...['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
  ]);
  cleanUps.push(() => serve.end('SIGKILL'));
  const { xds, admin } = await serve.listening();
  await serve.ready();
  const client = new XdsClient(clientBootstrap({ server: xds, namespace: 'default', nodeId: 'cluster-test' }));
  cleanUps.push(() => client.close());

  const target = `orders.${namespace}`;
  await client.callUntil(target, ['one']);
  await write([one, two]);
  await client.callUntil(target, ['one', 'two']);
  assert.deepEqual(Object.fromEntries(await client.calls(target, 20)), { one: 10, two: 10 });

  await t.test('while the API server is stopped', { skip: cannotStop }, async () => {
    const get = async (path: string) => (await fetch(`http://${admin}${path}`)).text();
    const load = new Load(client, target);
    await promisify(exec)(stop!);
    try {
      await until(async () => (await get('/readyz')).includes('cannot be reached'));
      assert.match(await get('/metrics'), /^evenkeel_discovery_degraded\{source="kubernetes"\} 1$/m);
      assert.equal((await fetch(`http://${admin}/readyz`)).status, 200);
      await delay(outageMs);
      await load.until(['one', 'two']);
    } finally {
      await promisify(exec)(startAgain!);
    }
    await until(async () => !(await get('/readyz')).includes('source kubernetes'));
    // It may refuse even what is allowed for a moment after its start.
    await until(() =>
      write([two]).then(
        () => true,
        () => false,
      ),
    );
    await load.until(['two']);
    assert.deepEqual(await load.stop(), [], 'calls that failed');
    assert.doesNotMatch(serve.output, /service removed/);
    await kubernetesFollows();
  });
});
