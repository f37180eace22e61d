// Ten faults, planted at once, in front of the real clients of five makers: `evenkeel explain` has the cause in its first line.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { replaceEndpointFile } from '../src/controlplane/testing/endpoint-file.ts';
import { ServeProcess } from '../src/controlplane/testing/serve-process.ts';
import { readyEndpoint } from '../src/controlplane/testing/told-source.ts';
import { explain } from '../src/explain/show-explanation.ts';
import { type PlantedFault, plantedFaults, plantedTargets, plantFaults } from '../src/explain/testing/ten-faults.ts';
import { clientKinds } from './driver/clients.ts';
import { echoDescriptors } from './driver/echo-descriptors.ts';
import { Fleet } from './driver/fleet.ts';
import { freePorts } from './driver/free-ports.ts';
import { type LiveClient, nodeIdOf } from './driver/live-client.ts';

const prefix = `127.${randomInt(64, 250)}.${randomInt(1, 250)}`;
const kinds = clientKinds.filter(({ id }) => id !== 'envoy-delta');
const rejected: PlantedFault = plantedFaults.find(({ fault }) => fault === 'rejected resource')!;

/** Four pods, the first of which answers each call with INTERNAL. */
async function startPods(t: TestContext) {
  const failing = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/grpc', 'grpc-status': '13', 'grpc-message': 'it is sick' });
    response.end();
  }).listen(0, `${prefix}.1`);
  await once(failing, 'listening');
  t.after(() => failing.close());
  const { port } = failing.address() as AddressInfo;
  const fleet = new Fleet();
  t.after(() => fleet.stop());
  for (const index of [2, 3, 4]) await fleet.start(`pod-${index}`, `${prefix}.${index}`, port);
  return [1, 2, 3, 4].map((index) => readyEndpoint(`${prefix}.${index}`, port));
}

/** A control plane that is stopped; its admin server. */
async function frozenReplica(t: TestContext, folder: string): Promise<string> {
  const file = join(folder, 'endpoints.json');
  await replaceEndpointFile(file, []);
  const listen = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
  const replica = new ServeProcess(['--endpoints', file, ...listen]);
  t.after(() => replica.end('SIGKILL'));
  const { admin } = await replica.listening();
  replica.signal('SIGSTOP');
  return admin;
}

test('ten faults by five makers: the cause is in the first line', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-explain-'));
  t.after(() => rm(folder, { recursive: true }));
  const descriptors = join(folder, 'echo.binpb');
  await writeFile(descriptors, echoDescriptors());
  const pods = await startPods(t);
  const [port] = (await freePorts(1)) as [number];
  const { admin, xds, controlPlane, when, ejected } = await plantFaults(
    t,
    { orders: pods.slice(3), sick: pods.slice(0, 3) },
    { gateways: [{ name: 'envoy-sotw', listen: { host: '127.0.0.1', port }, namespace: 'shop' }] },
  );

  const isOut = ejected();
  const clients: LiveClient[] = [];
  for (const kind of kinds) {
    const reason = await kind.missing();
    if (reason !== undefined) {
      assert.notEqual(process.env.EVENKEEL_REQUIRE, 'all', reason);
      t.diagnostic(`${kind.id} is left out: ${reason}`);
      continue;
    }
    const gateways = new Map([['envoy-sotw', `127.0.0.1:${port}`] as const]);
    const client = await kind.start({ folder, descriptors, xdsAddress: xds, gateways });
    t.after(() => client.stop());
    await client.process.connect(plantedTargets);
    clients.push(client);
  }
  const loads = clients.map(({ process }) => process.load(plantedTargets, 100, 'explain'));
  const ids = clients.map(({ id }) => nodeIdOf(id));
  const frozen = await frozenReplica(t, folder);
  await isOut;
  const isRejected = (id: string): boolean =>
    controlPlane.clients(100).clients.some(({ node, state }) => node.id === id && state === 'REJECTED');
  await when(() => ids.every(isRejected));

  for (const { fault, target, says, isUnknownClient, isFrozenReplica } of plantedFaults) {
    await Promise.all(
      ids.map(async (id) => {
        const from = isUnknownClient ? `without-${id}` : id;
        const { conclusion } = await explain({ target, from, admins: isFrozenReplica ? [admin, frozen] : [admin] });
        assert.match(conclusion, says, `${fault}, ${id}`);
        if (fault === rejected.fault) assert.ok(conclusion.startsWith(from), conclusion);
      }),
    );
  }
  // What is sent and acknowledged since does not make a client forget what it rejected.
  assert.deepEqual(ids.filter(isRejected), ids);
  await Promise.all(loads.map((load) => load.stop()));
});
