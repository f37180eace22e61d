// What clients of four makers and Envoy report is what the backends counted, and the calls are exactly even over three zones.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { ServeProcess } from '../src/controlplane/testing/serve-process.ts';
import type { LoadView, LoadViewService } from '../src/load/load-view.ts';
import { type ClientId, clientKinds, oldestKinds } from './driver/clients.ts';
import { Fleet } from './driver/fleet.ts';
import type { LiveClient } from './driver/live-client.ts';
import { serveClients } from './driver/serve-clients.ts';
import { failed, since, type Tally } from './driver/tally.ts';

const requireAll = process.env.EVENKEEL_REQUIRE === 'all';
const services = ['a-srv', 'b-srv', 'c-srv'];
const targets = services.map((name) => `xds:///${name}`);
const zones: readonly [zone: string, pods: number][] = [
  ['zone-a', 5],
  ['zone-b', 4],
  ['zone-c', 2],
];
const podsPerService = 11;
const kinds = [...clientKinds.filter(({ id }) => id !== 'envoy-delta'), ...oldestKinds];
const reasons = new Map(await Promise.all(kinds.map(async ({ id, missing }) => [id, await missing()] as const)));

const folder = await mkdtemp(join(tmpdir(), 'evenkeel-load-'));
const fleet = new Fleet();
const clients = new Map<ClientId, LiveClient>();
const tallies = new Map<ClientId, Tally>();
let serve: ServeProcess;
let admin = '';
let view: LoadView;

/** Real servers, in three zones. */
async function startPods(): Promise<object[]> {
  const prefix = `127.${randomInt(64, 250)}.${randomInt(1, 250)}`;
  let port = 0;
  let made = 0;
  const documents = [];
  for (const name of services) {
    const endpoints = [];
    for (const [zone, count] of zones) {
      for (let index = 0; index < count; index++) {
        const [pod, address] = [`${name}-${index}-${zone}`, `${prefix}.${++made}`];
        port = await fleet.start(pod, address, port);
        endpoints.push({ address, pod, zone, region: 'region-1' });
      }
    }
    documents.push({ name, ports: [{ name: 'grpc', port: 50051, targetPort: port }], endpoints });
  }
  return documents;
}

/** Calls of the warm-up that failed, on a host that stood still for a second. */
let lost = 0;

/** A round robin is exact once every pod is connected. */
async function warmUp({ process, id }: LiveClient): Promise<void> {
  await process.connect(targets);
  for (let round = 0; round < 50; round++) {
    const tally = await process.call(targets, podsPerService, `warm-${id}`);
    lost += failed(tally);
    const { backends } = tally;
    if (targets.every((target) => Object.keys(backends[target] ?? {}).length === podsPerService)) return;
  }
  throw new Error(`${id} did not reach all pods`);
}

/** Views as they come, until one is as wanted. */
async function viewWhen(isWanted: (view: LoadView) => boolean): Promise<LoadView> {
  const abort = AbortSignal.timeout(60_000);
  const { body } = await fetch(`http://${admin}/load`, { headers: { accept: 'text/event-stream' }, signal: abort });
  let last = '';
  let seen = '';
  for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
    seen += chunk;
    if (!seen.endsWith('\n\n')) continue;
    seen = '';
    const now = (await (await fetch(`http://${admin}/load`)).json()) as LoadView;
    if (isWanted(now)) return now;
    last = JSON.stringify(now);
  }
  throw new Error(`it did not come to that: ${last}`);
}

function countsOf({ pods }: LoadViewService): Record<string, number> {
  return Object.fromEntries(pods.map(({ pod, total }) => [pod!, total.calls]));
}

function sum(counts: Iterable<number>): number {
  return [...counts].reduce((total, count) => total + count, 0);
}

before(async () => {
  const file = join(folder, 'endpoints.json');
  const documents = await startPods();
  await writeFile(file, JSON.stringify({ apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services: documents }));
  const served = await serveClients(folder, file);
  serve = served.serve;
  admin = served.admin;
  const surroundings = { ...served.surroundings, loadReports: true };
  for (const kind of kinds) {
    if (!requireAll && reasons.get(kind.id) !== undefined) continue;
    clients.set(kind.id, await kind.start(surroundings));
  }
  await Promise.all(
    [...clients.values()].map(async (client) => {
      await warmUp(client);
      tallies.set(client.id, await client.process.call(targets, 10 * podsPerService, `even-${client.id}`));
    }),
  );
  const made = await backendCounts(clients.keys());
  view = await viewWhen(({ services }) => sum(services.map(({ total }) => total.calls)) >= sum(Object.values(made)));
});

async function backendCounts(ids: Iterable<ClientId>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const id of ids) {
    for (const run of [`warm-${id}`, `even-${id}`]) {
      for (const [pod, calls] of Object.entries(await fleet.counts(run))) counts[pod] = (counts[pod] ?? 0) + calls;
    }
  }
  return counts;
}

after(async () => {
  await Promise.all([...clients.values()].map((client) => client.stop()));
  await serve?.end('SIGTERM');
  await fleet.stop();
  await rm(folder, { recursive: true });
});

function skipOf(id: ClientId): string | false {
  return requireAll ? false : (reasons.get(id) ?? false);
}

suite('load reports', () => {
  test('reports of all clients that report by pod are what the backends counted, pod by pod', async () => {
    const reported = Object.assign({}, ...view.services.map(countsOf)) as Record<string, number>;
    const counted = await backendCounts([...clients.keys()].filter((id) => id !== 'envoy-sotw'));
    // A call that failed may have got to its backend or not; every other one counts the same on both sides.
    if (lost === 0) assert.deepEqual(reported, counted);
    const difference = Object.entries(reported).map(([pod, calls]) => Math.abs(calls - (counted[pod] ?? 0)));
    assert.ok(sum(difference) <= lost, `${sum(difference)} calls differ, ${lost} failed`);
    // One that found no pod in time is counted nowhere.
    assert.ok(sum(view.services.map(({ total }) => total.failed)) <= lost);
  });

  test('reports of Envoy are what the backends counted, by Service', { skip: skipOf('envoy-sotw') }, async () => {
    const counted = Object.entries(await backendCounts(['envoy-sotw']));
    const metrics = await (await fetch(`http://${admin}/metrics`)).text();
    for (const name of services) {
      const line = new RegExp(
        `^evenkeel_load_calls_total\\{.*service="${name}".*caller="default/envoy-sotw"\\} (.*)$`,
        'm',
      );
      const made = sum(counted.filter(([pod]) => pod.startsWith(name)).map(([, calls]) => calls));
      const difference = Number(line.exec(metrics)?.[1]) - made;
      assert.ok(Math.abs(difference) <= lost, `${name}: ${difference} of ${made} calls differ, ${lost} failed`);
    }
  });

  test('every pod has its zone', () => {
    for (const { pods } of view.services) {
      const found = Object.groupBy(pods, ({ zone }) => zone);
      assert.deepEqual(
        zones.map(([zone]) => [zone, found[zone]?.length]),
        zones,
      );
    }
  });

  for (const { id } of kinds) {
    test(`${id}: exactly even over three zones with 5, 4 and 2 pods`, { skip: skipOf(id) }, () => {
      const { backends, failures } = since({ backends: {}, failures: {} }, tallies.get(id)!);
      assert.deepEqual(failures, {});
      for (const target of targets) {
        const counts = Object.values(backends[target] ?? {});
        assert.equal(counts.length, podsPerService);
        const spread = Math.max(...counts) - Math.min(...counts);
        assert.ok(spread <= 1, `${target}: ${counts}`);
      }
    });
  }
});
