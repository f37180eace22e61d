// Attacks servers that it started itself, on loopback alone, and measures what becomes of them and of another client.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readArguments } from '../../scripts/arguments.mjs';
import { buildGo, goVersion } from '../fanout/build-go.ts';
import { attacks } from './attacks.ts';
import { attackFor, beServedFor } from './processes.ts';
import { formatRow, type Row, tableHead } from './report.ts';
import { type ServerName, serverNames, startServer } from './servers.ts';

const usage = `Usage: node bench/hostile/run.ts [options]
  --attacks A,B      attacks to run (default: all; --list names them)
  --servers A,B      some of these (default: all that can run):
                     ${serverNames.join(', ')}
  --attackers N,M    attackers at once (default: 1,8)
  --seconds N        how long each attack lasts (default: 5)
  --limit-mb N       memory beyond which a server is ended, as a container would
                     be (default: 512)
  --list             the attacks, and what each does
  --json             one JSON object a line instead of the table
Example:
  node bench/hostile/run.ts --attackers 1 --seconds 2`;

const { values } = readArguments(usage, {
  attacks: { type: 'string' },
  servers: { type: 'string' },
  attackers: { type: 'string', default: '1,8' },
  seconds: { type: 'string', default: '5' },
  'limit-mb': { type: 'string', default: '512' },
  list: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
});

const root = resolve(import.meta.dirname, '..', '..');
const binaries = join(root, 'build', 'bench', 'bin');

class UsageError extends Error {}

function pick<Name extends string>(what: string, given: string, known: readonly Name[]): Name[] {
  const names = given.split(',');
  const unknown = names.find((name) => !known.includes(name as Name));
  if (unknown !== undefined) throw new UsageError(`unknown ${what} "${unknown}": one of ${known.join(', ')}`);
  return names as Name[];
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000) {
    throw new UsageError(`invalid ${flag} "${text}": a whole number from 1 to 10000`);
  }
  return value;
}

async function measure(server: ServerName, attack: string, attackers: number, directory: string): Promise<Row> {
  const seconds = positive('--seconds', values.seconds);
  const memoryLimit = positive('--limit-mb', values['limit-mb']) * 1024 * 1024;
  const running = await startServer(server, { directory, binaries, memoryLimit });
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
    beServedFor(seconds + 1, running.port, running.resource),
    attackers > 0 && attackFor(seconds, running.port, attack, attackers),
  ]);
  const died = !killed && !running.isUp;
  clearInterval(watch);
  const turnMs = await running.longestTurnMs();
  await running.stop();
  return {
    attack,
    server,
    attackers,
    peakBytes: peak,
    end: killed ? 'memory' : died ? 'died' : 'up',
    p50Ms,
    p99Ms,
    turnMs,
    calls,
    unanswered,
  };
}

async function main(): Promise<number> {
  if (values.list) {
    const list = Object.entries(attacks).map(([name, { what }]) => `  ${name.padEnd(20)} ${what}`);
    console.log(list.join('\n'));
    return 0;
  }
  const names = pick('attack', values.attacks ?? Object.keys(attacks).join(','), Object.keys(attacks));
  const attackers = values.attackers.split(',').map((text) => positive('--attackers', text));
  let servers = pick('server', values.servers ?? serverNames.join(','), serverNames);
  if (servers.includes('grpc-go')) {
    if (goVersion() !== undefined) buildGo(binaries);
    else if (values.servers !== undefined)
      throw new UsageError('grpc-go needs Go (https://go.dev/dl), which is not here');
    else {
      console.error('grpc-go is left out: it needs Go (https://go.dev/dl)');
      servers = servers.filter((name) => name !== 'grpc-go');
    }
  }
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-hostile-'));
  const show = (row: Row): void => console.log(values.json ? JSON.stringify(row) : formatRow(row));
  try {
    if (!values.json) console.log(tableHead);
    for (const server of servers) show(await measure(server, 'none', 0, directory));
    for (const attack of names) {
      for (const count of attackers) {
        for (const server of servers) show(await measure(server, attack, count, directory));
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE') ? 2 : 3;
}
