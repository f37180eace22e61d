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

interface Measured {
  /** Calls of the busiest pod over the mean, and the part of all that left its zone. */
  readonly busiest: number;
  readonly away: number;
  readonly plan: DumpedPlan;
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
  /** All in one process: what starts costs more than what is shown. */
  const clients: { readonly zone: string; readonly client: XdsClient }[] = [];
  t.after(() => clients[0]?.client.close());
  const connect = async (counts: readonly number[]) => {
    for (const [index, zone] of zones.entries()) {
      for (let more = counts[index]!; more > 0; more--) {
        const bootstrap = clientBootstrap({ server: xds, nodeId: `client-${clients.length}`, zone }, {});
        clients.push({ zone, client: new XdsClient(bootstrap, clients[0]?.client) });
      }
    }
    await Promise.all(clients.map(({ client }) => client.call('orders')));
  };
  const planFor = async (pods: number): Promise<DumpedPlan> => {
    for (;;) {
      const { published, plan } = await dump();
      if (published === pods && plan?.sets.reduce((sum, set) => sum + set.clients, 0) === clients.length) return plan;
      await Promise.all(clients.map(({ client }) => client.calls('orders', 5)));
    }
  };
  /** Calls of all clients at once, until they come out as is planned for so many pods: what is planned reaches clients later. */
  const measure = async (pods: number, each: number, isGood: (found: Measured) => boolean) => {
    let found: Measured | undefined;
    for (let round = 0; round < 20; round++) {
      const plan = await planFor(pods);
      const calls = await Promise.all(clients.map(({ client }) => client.calls('orders', each)));
      const byPod = new Map<string, number>();
      let away = 0;
      for (const [index, answered] of calls.entries()) {
        for (const [pod, count] of answered) {
          byPod.set(pod, (byPod.get(pod) ?? 0) + count);
          if (zoneOf.get(pod) !== clients[index]!.zone) away += count;
        }
      }
      const all = each * clients.length;
      found = { busiest: (Math.max(...byPod.values()) * pods) / all, away: away / all, plan };
      if (byPod.size === pods && isGood(found)) return found;
    }
    assert.fail(`${pods} pods: after 20 rounds still ${JSON.stringify(found)}`);
  };

  await connect([1, 1, 1]);
  // With sets of whole pods a quarter of the calls would leave, and not a seventh.
  const few = await measure(11, callsOfThree, ({ away, plan }) => away <= plan.expected.leastAway + 0.06);
  t.diagnostic(`3 clients: busiest ${few.busiest.toFixed(3)}, away ${few.away.toFixed(3)}`);
  assert.ok(few.plan.expected.busiest <= 1.05 && few.plan.expected.away <= few.plan.expected.leastAway + 0.02);

  await connect(clientsOfZone.map((count) => count - 1));
  // The plan is nearly exact, what is counted is a sample of it: most of these clients draw by weight.
  const isAsPlanned = ({ busiest, away, plan }: Measured): boolean =>
    busiest <= 1.2 && away <= plan.expected.leastAway + 0.04;
  const steady = await measure(11, callsEach, isAsPlanned);
  t.diagnostic(`11 pods: busiest ${steady.busiest.toFixed(3)}, away ${steady.away.toFixed(3)}`);
  assert.match(steady.plan.why[0]!, /^zone-a makes 60 % of the calls/);

  // A call that fails rejects, and fails the test.
  for (let gone = 1; gone <= 5; gone++) {
    await tell(endpoints.slice(gone), 'PreferSameZone');
    await Promise.all(clients.map(({ client }) => client.calls('orders', 20)));
  }
  const { busiest, away } = await measure(6, callsEach, isAsPlanned);
  t.diagnostic(`6 pods: busiest ${busiest.toFixed(3)}, away ${away.toFixed(3)}`);

  // Without the field everybody sees every pod again, in exact turns.
  await tell(endpoints);
  await Promise.all(
    clients.map(async ({ client }) => {
      for (let round = 0; round < 20; round++) {
        const turns = await client.calls('orders', 110);
        if (turns.size === 11 && new Set(turns.values()).size === 1) return;
      }
      assert.fail('a client does not make exact turns');
    }),
  );
});
