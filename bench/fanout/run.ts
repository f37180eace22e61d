// Measures evenkeel's xDS library side by side with go-control-plane; README.md says how to read the figures.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { join, resolve } from 'node:path';
import { readArguments } from '../../scripts/arguments.mjs';
import { buildGo, goVersion, moduleVersions } from './build-go.ts';
import { type BenchCase, benchCases, type Plan } from './cases.ts';
import { chart } from './chart.ts';
import { watchOthers } from './noise.ts';
import { barsOf, type CaseReport, caseReport, formatCase } from './report.ts';
import type { DriverResult } from './result.ts';
import { type RunningServer, runDriver, type ServerName, serverNames, startServer } from './servers.ts';

const usage = `Usage: npm run bench:fanout -- [options]
  --cases A,B        cases to run (default: all)
  --servers A,B      some of these (default: all):
                     ${serverNames.join(', ')}
  --client KIND      lean (default) or grpc: grpc-go's clients cost the driver
                     twice as much
  --clients N        clients of every server (default 1000)
  --rounds N         measured rounds (default 15)
  --pod-localities   every endpoint in a locality of its own, as clients get it
                     that report their load
  --quick            few warm-up rounds, a burst of 6 s: whether it works, not
                     how fast
  --realtime         servers and driver at real-time priority (needs root),
                     where others use the machine as well
  --node-flags "…"   flags for the Node that runs evenkeel, such as --cpu-prof
  --out DIR          where fanout.json and fanout.svg go (default build/bench)
Example:
  npm run bench:fanout -- --quick --clients 100`;

const root = resolve(import.meta.dirname, '..', '..');
const binaries = join(root, 'build', 'bench', 'bin');
const serverCore = 0;
const driverCore = 1;

const { values } = readArguments(usage, {
  cases: { type: 'string' },
  servers: { type: 'string', default: serverNames.join(',') },
  client: { type: 'string', default: 'lean' },
  clients: { type: 'number', default: 1000 },
  rounds: { type: 'number', default: 15 },
  'pod-localities': { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  realtime: { type: 'boolean', default: false },
  'node-flags': { type: 'string', default: '' },
  out: { type: 'string', default: join(root, 'build', 'bench') },
});

async function runCase(benchCase: BenchCase, wanted: readonly ServerName[]): Promise<CaseReport> {
  const { plan } = benchCase;
  const servers: RunningServer[] = [];
  const { realtime } = values;
  try {
    for (const name of wanted) {
      if (name === 'null' && !benchCase.withFloor) continue;
      const nodeFlags = values['node-flags'].split(' ').filter(Boolean);
      const { services, endpoints } = plan;
      const size = { services, endpoints, podLocalities: values['pod-localities'] };
      servers.push(await startServer(name, { ...size, binaries, core: serverCore, nodeFlags, realtime }));
    }
    const others = watchOthers(servers.map(({ pid }) => pid));
    const output = await runDriver(
      { binaries, core: driverCore, realtime },
      { ...plan, servers: servers.map(({ name, pid, xds, control }) => ({ name, pid, xds, control })) },
    );
    const about = { name: benchCase.name, title: benchCase.title, clients: plan.clients, othersCpuPercent: others() };
    return caseReport(about, JSON.parse(output) as DriverResult);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

function pick<T extends string>(what: string, given: string, known: readonly T[]): T[] {
  const names = given.split(',');
  const unknown = names.find((name) => !known.includes(name as T));
  if (unknown !== undefined) throw new Error(`unknown ${what} "${unknown}": one of ${known.join(', ')}`);
  return names as T[];
}

function conditions() {
  return {
    at: new Date().toISOString(),
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    kernel: release(),
    loadAverage: loadavg(),
    node: process.version,
    go: goVersion(),
    modules: moduleVersions(),
    pinned: { server: serverCore, driver: driverCore },
    client: values.client,
    podLocalities: values['pod-localities'],
    realtime: values.realtime,
  };
}

async function main(): Promise<number> {
  if (goVersion() === undefined) {
    console.error(
      'bench:fanout needs Go (https://go.dev/dl) for its driver and for go-control-plane; nothing was run.',
    );
    return 2;
  }
  const all = benchCases({
    client: pick('client', values.client, ['lean', 'grpc'])[0] as Plan['client'],
    clients: values.clients,
    rounds: values.rounds,
    quick: values.quick,
  });
  const names = all.map(({ name }) => name);
  const cases = pick('case', values.cases ?? names.join(','), names);
  const servers = pick('server', values.servers, serverNames);

  buildGo(binaries);
  mkdirSync(values.out, { recursive: true });
  const about = conditions();
  const reports: CaseReport[] = [];
  for (const benchCase of all.filter(({ name }) => cases.includes(name))) {
    const report = await runCase(benchCase, servers);
    reports.push(report);
    console.log(formatCase(report));
    const json = { schemaVersion: 1, conditions: about, cases: reports.map((one) => ({ ...one, bars: barsOf(one) })) };
    writeFileSync(join(values.out, 'fanout.json'), `${JSON.stringify(json, undefined, 2)}\n`);
    writeFileSync(join(values.out, 'fanout.svg'), chart(reports));
  }
  console.log(`written: ${join(values.out, 'fanout.json')} and fanout.svg`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 3;
}
