// A whole fleet on one server: README.md says how to read the figures.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { readArguments } from '../../scripts/arguments.mjs';
import { openFileLimit } from '../../src/base/open-files.ts';
import { makeProduct } from '../cold/product.ts';
import { buildGo, goVersion } from '../fanout/build-go.ts';
import { watchOthers } from '../fanout/noise.ts';
import { runDriver } from '../fanout/servers.ts';
import { type FleetCase, fleetCases, streamsWithin } from './cases.ts';
import { formatReplicas, spreadOf } from './replicas.ts';
import { type CaseResult, type FleetServerResult, formatFleetCase } from './result.ts';
import { type ServerName, serverNames, startWithApi } from './servers.ts';

const root = resolve(import.meta.dirname, '..', '..');
const usage = `Usage: npm run bench:fleet -- [options]
Puts a whole fleet on one server, which watches the EndpointSlices of an API
server: evenkeel serve, and go-control-plane's LinearCache. Measures the storm,
changes, a flood of changes, memory, and how streams spread over replicas.
  --clients N             streams (default 40000)
  --services N            Services in the cases with many (default 1000)
  --rounds N              changes that are measured one by one (default 9)
  --visits N              how often the fleet comes and goes (default 10)
  --changes-per-second N  of the flood (default 10000)
  --seconds N             how long the flood lasts (default 10)
  --rest SECONDS          after the last client, before memory is looked at
                          (default 10)
  --cases A,B             some of these (default: all): one, many, visits,
                          targets-connections, targets-names, replicas
  --servers A,B           some of these (default: all): ${serverNames.join(', ')}
  --streams N             streams a connection (default: the fewest that the
                          limit of open files allows)
  --product FOLDER        a build of evenkeel that is there already (default: a
                          new one in build/bench/product)
  --realtime              servers and driver at real-time priority (needs root),
                          where others use the machine as well
  --quick                 1,000 streams, few of everything: whether it works
  --out FILE              where the result goes (default
                          build/bench/fleet.json)
  --json                  prints the result as JSON, and nothing else on stdout
Needs Linux, and but for replicas Go and taskset.
Example:
  npm run bench:fleet -- --quick --servers evenkeel`;

const { values } = readArguments(usage, {
  clients: { type: 'number', default: 40_000 },
  services: { type: 'number', default: 1000 },
  rounds: { type: 'number', default: 9 },
  visits: { type: 'number', default: 10 },
  'changes-per-second': { type: 'number', default: 10_000 },
  seconds: { type: 'number', default: 10 },
  rest: { type: 'number', default: 10 },
  cases: { type: 'string' },
  servers: { type: 'string', default: serverNames.join(',') },
  streams: { type: 'number', default: 0 },
  realtime: { type: 'boolean', default: false },
  product: { type: 'string' },
  quick: { type: 'boolean', default: false },
  out: { type: 'string', default: join(root, 'build', 'bench', 'fleet.json') },
  json: { type: 'boolean', default: false },
});
const binaries = join(root, 'build', 'bench', 'bin');
const cores = { server: 0, others: 1 };

const product = resolve(values.product ?? join(root, 'build', 'bench', 'product'));

async function runServer(name: ServerName, { plan }: FleetCase): Promise<FleetServerResult> {
  const { services, endpoints } = plan;
  const { realtime } = values;
  const maxConnections = Math.max(20_000, plan.clients);
  const server = await startWithApi(name, { binaries, cores, services, endpoints, maxConnections, realtime, product });
  try {
    const { pid, xds, control } = server;
    const servers = [{ name, pid, xds, control, kubernetes: true }];
    const output = await runDriver({ binaries, core: cores.others, realtime }, { ...plan, servers });
    return (JSON.parse(output) as { servers: FleetServerResult[] }).servers[0]!;
  } finally {
    await server.stop();
  }
}

async function runCase(one: FleetCase, names: readonly ServerName[]): Promise<CaseResult> {
  const servers: FleetServerResult[] = [];
  const failed: Record<string, string> = {};
  const others = watchOthers([]);
  for (const name of names) {
    try {
      servers.push(await runServer(name, one));
    } catch (error) {
      failed[name] = error instanceof Error ? error.message : String(error);
    }
  }
  const { name, title, plan } = one;
  const { clients, streamsPerConnection } = plan;
  return { name, title, clients, streamsPerConnection, othersCpuPercent: others(), servers, failed };
}

async function main(): Promise<number> {
  const quick = values.quick ? { clients: 1000, services: 100, rounds: 2, visits: 2, seconds: 1, rest: 0 } : values;
  const clients = quick.clients;
  const size = {
    ...{ clients, services: quick.services, rounds: quick.rounds, visits: quick.visits, seconds: quick.seconds },
    changesPerSecond: values.quick ? 1000 : values['changes-per-second'],
    restSeconds: quick.rest,
    streamsPerConnection: values.streams || streamsWithin(clients, openFileLimit() ?? 1024),
  };
  const all = fleetCases(size);
  const known = [...all.map(({ name }) => name), 'replicas'];
  const cases = (values.cases ?? known.join(',')).split(',');
  const servers = values.servers.split(',');
  const unknown = cases.find((name) => !known.includes(name));
  if (unknown !== undefined) return refuse(`unknown case "${unknown}": one of ${known.join(', ')}`);
  const stranger = servers.find((name) => !serverNames.includes(name as ServerName));
  if (stranger !== undefined) return refuse(`unknown server "${stranger}": one of ${serverNames.join(', ')}`);
  const wanted = all.filter(({ name }) => cases.includes(name));
  if (wanted.length > 0) {
    if (goVersion() === undefined) return refuse('bench:fleet needs Go (https://go.dev/dl); nothing was run.');
    buildGo(binaries);
    if (values.product === undefined && servers.includes('evenkeel')) makeProduct(product);
  }
  const measured: CaseResult[] = [];
  for (const one of wanted) {
    const done = await runCase(
      one,
      serverNames.filter((name) => servers.includes(name)),
    );
    measured.push(done);
    if (!values.json) console.log(`${formatFleetCase(done)}\n`);
  }
  const replicas = cases.includes('replicas') ? await spreadOf(clients) : undefined;
  if (replicas !== undefined && !values.json) console.log(formatReplicas(replicas));
  const about = { at: new Date().toISOString(), cpu: cpus()[0]?.model, cores: availableParallelism(), load: loadavg() };
  const json = { schemaVersion: 1, ...about, node: process.version, cases: measured, replicas };
  mkdirSync(resolve(values.out, '..'), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(json, undefined, 2)}\n`);
  if (values.json) console.log(JSON.stringify(json));
  return 0;
}

function refuse(problem: string): number {
  console.error(problem);
  return 2;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 3;
}
