// Attacks servers that it started itself, on loopback alone, and measures what becomes of them and of another client.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import { TestAuthority, writeCertificate } from '../../src/controlplane/testing/certificates.ts';
import { buildGo, goVersion } from '../fanout/build-go.ts';
import { attacks } from './attacks.ts';
import { Liveness } from './liveness.ts';
import { attackFor, beServedFor } from './processes.ts';
import { formatRow, type Row, summaryOf, tableHead } from './report.ts';
import { portFor, type ServerName, serverNames, startServer } from './servers.ts';
import { TimeBudget } from './time-budget.ts';

const usage = `Usage: npm run bench:hostile -- [options]
  --attacks A,B      attacks to run (default: all; --list names them)
  --servers A,B      some of these (default: all that can run):
                     ${serverNames.join(', ')}
  --attackers N,M    attackers at once (default: 1,8)
  --seconds N        how long each attack lasts (default: 5)
  --minutes N        how long all of it may take, instead of --seconds
  --limit-mb N       memory beyond which a server is ended, as a container would
                     be (default: 512)
  --list             the attacks, and what each does
  --json             one JSON object a line instead of the table
Example:
  npm run bench:hostile -- --minutes 15 --json`;

const { values } = readArguments(usage, {
  attacks: { type: 'string' },
  servers: { type: 'string' },
  attackers: { type: 'string', default: '1,8' },
  seconds: { type: 'number', default: 5 },
  minutes: { type: 'number', default: 0 },
  'limit-mb': { type: 'number', default: 512 },
  list: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
});

const root = resolve(import.meta.dirname, '..', '..');
const binaries = join(root, 'build', 'bench', 'bin');
const memoryLimit = values['limit-mb'] * 1024 * 1024;
/** What an attack leaves behind is seen for so long. */
const afterSeconds = 0.5;

interface Run {
  readonly attack: string;
  readonly attackers: number;
  readonly server: ServerName;
}

function pick<Name extends string>(what: string, given: string | undefined, known: readonly Name[]): Name[] {
  const names = given === undefined ? [...known] : given.split(',');
  const unknown = names.find((name) => !known.includes(name as Name));
  if (unknown !== undefined) wrongArguments(`unknown ${what} "${unknown}": one of ${known.join(', ')}`, usage);
  return names as Name[];
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1_000) return value;
  return wrongArguments(`invalid --attackers "${text}": whole numbers from 1 to 1000`, usage);
}

async function measure({ server, attack, attackers }: Run, seconds: number, directory: string): Promise<Row> {
  const tls = writeCertificate(directory, 'server', new TestAuthority().issue({ ips: ['127.0.0.1'] }));
  const running = await startServer(server, { directory, binaries, memoryLimit, tls });
  const liveness = running.adminPort === undefined ? undefined : new Liveness(running.adminPort, 100);
  let peak = 0;
  let killed = false;
  const watch = setInterval(() => {
    peak = Math.max(peak, running.peakBytes() ?? 0);
    if (peak <= memoryLimit || killed) return;
    killed = true;
    void running.stop();
  }, 20);
  running.watchTurns();
  const [{ p50Ms, p99Ms, calls, unanswered }] = await Promise.all([
    beServedFor(seconds + afterSeconds, running.port, running.resource),
    attackers > 0 && attackFor(seconds, portFor(attacks[attack]!, running), attack, attackers),
  ]);
  const died = !killed && !running.isUp;
  clearInterval(watch);
  liveness?.stop();
  const turnMs = await running.longestTurnMs();
  await running.stop();
  const end = killed ? 'memory' : died ? 'died' : 'up';
  const healthz = liveness?.take();
  return { attack, server, attackers, seconds, peakBytes: peak, end, p50Ms, p99Ms, turnMs, calls, unanswered, healthz };
}

/** The servers that are asked for, those that can run here where none is. */
function serversAskedFor(): ServerName[] {
  const servers = pick('server', values.servers, serverNames);
  if (!servers.includes('grpc-go')) return servers;
  if (goVersion() !== undefined) {
    buildGo(binaries);
    return servers;
  }
  const needsGo = 'grpc-go needs Go (https://go.dev/dl), which is not here';
  if (values.servers !== undefined) wrongArguments(needsGo, usage);
  console.error(`grpc-go is left out: ${needsGo}`);
  return servers.filter((name) => name !== 'grpc-go');
}

function allRuns(): Run[] {
  const names = pick('attack', values.attacks, Object.keys(attacks));
  const attackers = values.attackers.split(',').map(count);
  const servers = serversAskedFor();
  const peers = (attack: string): ServerName[] =>
    servers.filter((server) => server === 'evenkeel' || attacks[attack]!.on === undefined);
  return [
    ...servers.map((server) => ({ attack: 'none', attackers: 0, server })),
    ...names.flatMap((attack) =>
      attackers.flatMap((number) => peers(attack).map((server) => ({ attack, attackers: number, server }))),
    ),
  ];
}

async function main(): Promise<void> {
  const runs = allRuns();
  const budget = new TimeBudget(runs.length, values.minutes === 0 ? undefined : values.minutes * 60_000);
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-hostile-'));
  const rows: Row[] = [];
  try {
    if (!values.json) console.log(tableHead);
    for (const run of runs) {
      const row = await budget.spend(values.seconds, (seconds) => measure(run, seconds, directory));
      rows.push(row);
      console.log(values.json ? JSON.stringify(row) : formatRow(row));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  for (const summary of summaryOf(rows)) console.log(JSON.stringify(summary));
}

if (values.list) {
  for (const [name, { what }] of Object.entries(attacks)) console.log(`  ${name.padEnd(20)} ${what}`);
} else {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 3;
  }
}
