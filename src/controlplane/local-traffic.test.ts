import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { clientBootstrap } from '../bootstrap/client-bootstrap.ts';
import { EchoBackend } from './testing/echo-backend.ts';
import { type FileService, replaceEndpointFile } from './testing/endpoint-file.ts';
import { ServeProcess } from './testing/serve-process.ts';
import { XdsClient } from './testing/xds-client.ts';

const net = `127.${30 + (process.pid % 60)}.${process.pid % 250}`;

/** Calls until these backends answer; before, there may be none. */
async function reached(client: XdsClient, backends: readonly string[]): Promise<void> {
  for (;;) {
    try {
      return await client.callUntil('agent', backends);
    } catch (error) {
      assert.match(String(error), /UNAVAILABLE/);
    }
  }
}

/** Calls until no backend is left. */
async function cutOff(client: XdsClient): Promise<void> {
  for (;;) {
    try {
      await client.call('agent');
    } catch (error) {
      assert.match(String(error), /UNAVAILABLE/);
      return;
    }
  }
}

test('internalTrafficPolicy Local: a client calls the endpoints of its own Kubernetes node and no other', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-local-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'endpoints.yaml');
  const addresses = [1, 2, 3].map((last) => `${net}.${last}`) as [string, string, string];
  let port = 0;
  for (const address of addresses) {
    const backend = await EchoBackend.start(address, port);
    t.after(() => backend.stop());
    port = backend.port;
  }
  const [one, two, three] = addresses;
  const tell = (policy: 'Local' | 'Cluster', ...endpoints: FileService['endpoints']) =>
    replaceEndpointFile(file, [{ name: 'agent', port, endpoints, internalTrafficPolicy: policy }]);
  const everywhere = [
    { address: one, kubeNode: 'node-1' },
    { address: two, kubeNode: 'node-1' },
    { address: three, kubeNode: 'node-2' },
  ];
  await tell('Local', ...everywhere);
  const serve = new ServeProcess(['--endpoints', file, '--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0']);
  t.after(() => serve.end('SIGKILL'));
  const { xds, admin } = await serve.listening();
  await serve.ready();
  const readyz = async () => (await (await fetch(`http://${admin}/readyz`)).json()) as { degraded: string[] };
  const clientOn = (kubeNode: string | undefined) => {
    const client = new XdsClient(clientBootstrap({ server: xds, nodeId: `on-${kubeNode}`, kubeNode }, {}));
    t.after(() => client.close());
    return client;
  };

  const [first, second] = [clientOn('node-1'), clientOn('node-2')];
  await first.callUntil('agent', [one, two]);
  await second.callUntil('agent', [three]);
  assert.deepEqual(
    await first.calls('agent', 10),
    new Map([
      [one, 5],
      [two, 5],
    ]),
  );
  assert.deepEqual((await readyz()).degraded, []);

  // As kube-proxy drops what comes from a node without an endpoint.
  const [third, unknown] = [clientOn('node-3'), clientOn(undefined)];
  for (const client of [third, unknown]) await assert.rejects(client.call('agent'), /UNAVAILABLE|unavailable/i);
  assert.deepEqual((await readyz()).degraded, [`without endpoints, and asked for: default/agent:${port} (2 clients)`]);
  const line = await serve.line('clients get no endpoint');
  assert.match(line, /no endpoint for \d client/);

  // An endpoint that comes to a node is for the clients there, and takes nothing from the others.
  await tell('Local', ...everywhere.slice(0, 2), { address: three, kubeNode: 'node-3' });
  await reached(third, [three]);
  await first.callUntil('agent', [one, two]);
  await cutOff(second);

  await tell('Cluster', ...everywhere);
  for (const client of [first, second, third, unknown]) await reached(client, addresses);
  assert.deepEqual((await readyz()).degraded, []);
});
