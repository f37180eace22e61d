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

const net = `127.${100 + (process.pid % 60)}.${process.pid % 250}`;
const zones = ['zone-a', 'zone-b', 'zone-c'];
const podsOfZone = [5, 4, 2];
/** Each makes as many calls as the others: 60, 30 and 10 % of all. */
const clientsOfZone = [6, 3, 1];
/** A multiple of every number of pods that a client may be given here, up to 7. */
const callsEach = 210;
/** Calls of one of three clients, which all follow weights: what they pick is chance, and right on average. */
const callsOfThree = 350;

interface DumpedPlan {
  readonly why: readonly string[];
  readonly expected: { readonly busiest: number; readonly away: number; readonly leastAway: number };
  readonly sets: readonly { readonly clients: number }[];
}

test('zones: real clients stay in their zone as far as that keeps pods even, and lose no call when pods go', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-zones-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'endpoints.yaml');
  const zoneOf = new Map<string, string>();
  let port = 0;
  for (const [index, zone] of zones.entries()) {
    for (let pod = 1; pod <= podsOfZone[index]!; pod++) {
      const backend = await EchoBackend.start(`${net}.${10 * index + pod}`, port);
      t.after(() => backend.stop());
      port = backend.port;
      zoneOf.set(backend.address, zone);
    }
  }
  const endpoints = [...zoneOf].map(([address, zone]): FileService['endpoints'][number] => ({ address, zone }));
  const tell = (present: FileService['endpoints'], trafficDistribution?: string) =>
    replaceEndpointFile(file, [
      { name: 'orders', port, endpoints: present, ...(trafficDistribution && { trafficDistribution }) },
    ]);
  await tell(endpoints, 'PreferSameZone');
  const serve = new ServeProcess(['--endpoints', file, '--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0']);
  t.after(() => serve.end('SIGKILL'));
  const { xds, admin } = await serve.listening();
  await serve.ready();
  const dump = async () => {
    const answer = await fetch(`http://${admin}/config_dump`);
    const { services } = (await answer.json()) as { services: { ports: { published: number; plan?: DumpedPlan }[] }[] };
    return services[0]!.ports[0]!;
  };
  const connect = async (counts: readonly number[]) => {
    const fleet = zones.flatMap((zone, index) =>
      Array.from({ length: counts[index]! }, (_, number) => {
        const nodeId = `${counts}-${zone}-${number}`;
        const client = new XdsClient(clientBootstrap({ server: xds, nodeId, zone }, {}));
        t.after(() => client.close());
        return { zone, client };
      }),
    );
    await Promise.all(fleet.map(({ client }) => client.call('orders')));
    return fleet;
  };
  /** Calls of all clients at once, as they come out when everybody has what is planned for so many pods. */
  const measure = async (fleet: Awaited<ReturnType<typeof connect>>, pods: number, each = callsEach) => {
    let found = { busiest: 0, away: 0 };
    let plan: DumpedPlan | undefined;
    for (let round = 0; round < 10; round++) {
      for (;;) {
        const port = await dump();
        plan = port.plan;
        if (port.published === pods && plan?.sets.reduce((sum, set) => sum + set.clients, 0) === fleet.length) break;
        await Promise.all(fleet.map(({ client }) => client.calls('orders', 5)));
      }
      const calls = await Promise.all(fleet.map(({ client }) => client.calls('orders', each)));
      const byPod = new Map<string, number>();
      let away = 0;
      for (const [index, answered] of calls.entries()) {
        for (const [pod, count] of answered) {
          byPod.set(pod, (byPod.get(pod) ?? 0) + count);
          if (zoneOf.get(pod) !== fleet[index]!.zone) away += count;
        }
      }
      const all = each * fleet.length;
      found = { busiest: (Math.max(...byPod.values()) * pods) / all, away: away / all };
      if (
        byPod.size === pods &&
        found.busiest <= plan!.expected.busiest + 0.15 &&
        found.away <= plan!.expected.away + 0.03
      )
        break;
    }
    return { ...found, plan: plan! };
  };

  const three = await connect([1, 1, 1]);
  const few = await measure(three, 11, callsOfThree);
  t.diagnostic(`3 clients: busiest ${few.busiest.toFixed(3)}, away ${few.away.toFixed(3)}`);
  assert.ok(few.plan.expected.busiest <= 1.05 && few.plan.expected.away <= few.plan.expected.leastAway + 0.02);
  // With sets of whole pods it would be a quarter.
  assert.ok(few.away <= few.plan.expected.leastAway + 0.06, `away ${few.away}`);
  for (const { client } of three) client.close();

  const clients = await connect(clientsOfZone);
  const steady = await measure(clients, 11);
  t.diagnostic(`11 pods: busiest ${steady.busiest.toFixed(3)}, away ${steady.away.toFixed(3)}`);
  // Ten clients are counted over some rounds each: the plan is exact, what is counted is a sample of it.
  assert.ok(steady.busiest <= 1.2, `busiest ${steady.busiest}`);
  assert.ok(steady.away <= steady.plan.expected.leastAway + 0.04, `away ${steady.away}`);
  assert.match(steady.plan.why[0]!, /^zone-a makes 60 % of the calls/);

  // A call that fails rejects, and fails the test.
  for (let gone = 1; gone <= 5; gone++) {
    await tell(endpoints.slice(gone), 'PreferSameZone');
    if (gone < 5) {
      await Promise.all(clients.map(({ client }) => client.calls('orders', 20)));
      continue;
    }
    const { busiest, away, plan } = await measure(clients, 11 - gone);
    t.diagnostic(`${11 - gone} pods: busiest ${busiest.toFixed(3)}, away ${away.toFixed(3)}`);
    assert.ok(busiest <= 1.2, `a zone without pods: busiest ${busiest}`);
    assert.ok(away <= plan.expected.leastAway + 0.04, `away ${away}, ${plan.expected.leastAway} at the least`);
  }

  // Without the field everybody sees every pod again, in exact turns.
  await tell(endpoints);
  for (const { client } of clients) await client.callUntil('orders', [...zoneOf.keys()]);
  const turns = await clients[0]!.client.calls('orders', 110);
  assert.deepEqual(new Set(turns.values()), new Set([10]));
});
