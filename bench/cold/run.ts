// What a whole fleet, and a change that comes after a rest, wait for code that has not run: through the process that ships,
// from the endpoint file to the client. README.md says how to read the figures.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readArguments } from '../../scripts/arguments.mjs';
import { buildGo, goVersion } from '../fanout/build-go.ts';
import type { Plan } from '../fanout/cases.ts';
import { watchOthers } from '../fanout/noise.ts';
import type { DriverResult } from '../fanout/result.ts';
import { runDriver } from '../fanout/servers.ts';
import { makeProduct } from './product.ts';
import { type ColdResult, formatCold, mediansOf, type Round } from './result.ts';
import { type ServerName, serverNames, startCold } from './servers.ts';

const root = resolve(import.meta.dirname, '..', '..');
const usage = `Usage: npm run bench:cold -- [options]
Starts a server that watches an endpoint file, or EndpointSlices, connects all
clients to it at once, lets it rest, changes one endpoint, and measures when
each client has it: evenkeel as it is published, and LinearCache of
go-control-plane.
  --clients N       clients (default 1000)
  --endpoints N     endpoints of the one Service (default 100)
  --rounds N        rounds, each with a new process (default 3)
  --rest SECONDS    rest before the change (default 20)
  --servers A,B     some of these (default: all):
                    ${serverNames.join(', ')}
  --realtime        servers and driver at real-time priority (needs root),
                    where others use the machine as well
  --product FOLDER  a build of evenkeel that is there already (default: a new
                    one in build/bench/product)
  --out FILE        where the result goes (default build/bench/cold.json)
  --json            prints the result as JSON, and nothing else on stdout
Needs Go and Linux with taskset.
Example:
  npm run bench:cold -- --rounds 1 --rest 2`;

const { values } = readArguments(usage, {
  clients: { type: 'number', default: 1000 },
  endpoints: { type: 'number', default: 100 },
  rounds: { type: 'number', default: 3 },
  rest: { type: 'number', default: 20 },
  servers: { type: 'string', default: serverNames.join(',') },
  realtime: { type: 'boolean', default: false },
  product: { type: 'string' },
  out: { type: 'string', default: join(root, 'build', 'bench', 'cold.json') },
  json: { type: 'boolean', default: false },
});
const binaries = join(root, 'build', 'bench', 'bin');
const cores = { server: 0, others: 1 };

async function round(name: ServerName, product: string): Promise<Round> {
  const { clients, endpoints, rest } = values;
  const folder = join(root, 'build', 'bench', 'cold', name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'endpoints.json');
  writeFileSync(file, firstFile(endpoints));
  const server = await startCold(name, { cores, binaries, product, file, endpoints, realtime: values.realtime });
  const { pid, xds, control } = server;
  try {
    const base = { case: 'cold', client: 'lean', services: 1, subscriptions: 1, rounds: 1, warmUp: 0 } as const;
    const plan: Plan = {
      ...base,
      clients,
      endpoints,
      settleMs: 150,
      timeoutMs: 30_000,
      changes: 0,
      changesPerSecond: 0,
    };
    const output = await runDriver(
      { binaries, core: cores.others, realtime: values.realtime },
      {
        ...plan,
        restMs: rest * 1000,
        servers: [{ name, pid, xds, ...(control ? { control, kubernetes: true } : { file }) }],
      },
    );
    const [result] = (JSON.parse(output) as DriverResult).servers;
    const [change] = result!.turns!;
    const { firstMs, lastMs, cpuMs: changeCpuMs } = change!;
    const { lastMs: stormMs, cpuMs: stormCpuMs } = result!.connect!;
    return { startMs: server.startMs, stormMs, stormCpuMs, firstMs, lastMs, changeCpuMs, exact: result!.exact };
  } finally {
    await server.stop();
  }
}

/** What the driver will write, before its first change (`FileOf` in fanout/internal/shape). */
function firstFile(endpoints: number): string {
  const address = (index: number) =>
    index === 0 ? '127.0.0.1' : `127.1.${Math.floor(index / 150)}.${(index % 150) + 100}`;
  const own = Array.from({ length: endpoints }, (_, index) => ({ address: address(index) }));
  const services = [{ name: 'svc-0', ports: [{ port: 20_000 }], endpoints: own }];
  return JSON.stringify({ apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services });
}

async function main(): Promise<number> {
  const wanted = values.servers.split(',');
  const unknown = wanted.find((name) => !serverNames.includes(name as ServerName));
  if (unknown !== undefined) {
    console.error(`unknown server "${unknown}": one of ${serverNames.join(', ')}`);
    return 2;
  }
  if (goVersion() === undefined) {
    console.error('bench:cold needs Go (https://go.dev/dl) for its driver and for go-control-plane; nothing was run.');
    return 2;
  }
  buildGo(binaries);
  const product = values.product === undefined ? join(root, 'build', 'bench', 'product') : resolve(values.product);
  if (values.product === undefined) makeProduct(product);
  const names = serverNames.filter((name) => wanted.includes(name));
  const rounds: Record<string, Round[]> = Object.fromEntries(names.map((name) => [name, []]));
  const others = watchOthers([]);
  for (let index = 0; index < values.rounds; index++) {
    // Every other round goes backwards.
    for (const name of index % 2 === 0 ? names : names.toReversed()) rounds[name]!.push(await round(name, product));
  }
  const result: ColdResult = {
    schemaVersion: 1,
    clients: values.clients,
    restSeconds: values.rest,
    othersCpuPercent: others(),
    servers: rounds,
  };
  const json = { at: new Date().toISOString(), ...result, medians: mediansOf(result) };
  mkdirSync(resolve(values.out, '..'), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(json, undefined, 2)}\n`);
  console.log(values.json ? JSON.stringify(json) : formatCold(result));
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 3;
}
