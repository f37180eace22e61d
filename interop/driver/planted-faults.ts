import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ClientView } from '../../src/controlplane/client-view.ts';
import { readyEndpoint } from '../../src/controlplane/testing/told-source.ts';
import type { ExplainOptions } from '../../src/explain/show-explanation.ts';
import { frozenAdmin } from '../../src/explain/testing/frozen-admin.ts';
import { plantedFaults, plantedTargets, plantFaults } from '../../src/explain/testing/ten-faults.ts';
import { type ClientId, type ClientKind, clientKinds } from './clients.ts';
import { echoDescriptors } from './echo-descriptors.ts';
import { Fleet } from './fleet.ts';
import { freePorts } from './free-ports.ts';
import { nodeIdOf } from './live-client.ts';

/** One fault as one client has it. */
export interface PlantedCell {
  readonly fault: string;
  readonly client: ClientId;
  readonly question: ExplainOptions & { readonly from: string; readonly admins: readonly string[] };
  /** How the first line of the answer has to begin. */
  readonly says: RegExp;
}

/** Whoever is slow to connect on a busy host has no pod ejected that is well. */
export const patient = { waitForReady: true, deadlineMs: 20_000 };

/** One Envoy is enough: state of the world and delta reject in the same way. */
const kinds = clientKinds.filter(({ id }) => id !== 'envoy-delta');

/** Four pods, the first of which answers each call with INTERNAL. */
async function startPods(t: TestContext) {
  const prefix = `127.${randomInt(64, 250)}.${randomInt(1, 250)}`;
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

async function installed(t: TestContext): Promise<ClientKind[]> {
  const found: ClientKind[] = [];
  for (const kind of kinds) {
    const reason = await kind.missing();
    if (reason === undefined) found.push(kind);
    else {
      assert.notEqual(process.env.EVENKEEL_REQUIRE, 'all', reason);
      t.diagnostic(`${kind.id} is left out: ${reason}`);
    }
  }
  return found;
}

/** All faults at one control plane, in front of a client of each maker that is installed; resolves when each can be seen. */
export async function plantBeforeClients(t: TestContext) {
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
  const gateways = new Map([['envoy-sotw', `127.0.0.1:${port}`] as const]);
  const clients = await Promise.all(
    (await installed(t)).map(async (kind) => {
      const client = await kind.start({ folder, descriptors, xdsAddress: xds, gateways });
      t.after(() => client.stop());
      await client.process.connect(plantedTargets);
      return client;
    }),
  );
  const loads = clients.map(({ process }) => process.load(['xds:///sick.shop'], 20, 'explain', patient));
  await isOut;
  await Promise.all(loads.map((load) => load.stop()));
  const streamsOf = (client: ClientId): readonly ClientView[] =>
    controlPlane.clients(100).clients.filter(({ node }) => node.id === nodeIdOf(client));
  const isRejected = (client: ClientId): boolean => streamsOf(client).some(({ state }) => state === 'REJECTED');
  await when(() => clients.every(({ id }) => isRejected(id)));

  const frozen = await frozenAdmin(t);
  const cells = plantedFaults.flatMap(({ fault, target, says, isUnknownClient, isFrozenReplica }) =>
    clients.map(({ id }): PlantedCell => {
      const from = isUnknownClient ? `web-${id}` : nodeIdOf(id);
      const admins = isFrozenReplica ? [admin, frozen] : [admin];
      return { fault, client: id, question: { target, from, admins }, says };
    }),
  );
  return { cells, isRejected, clients };
}
