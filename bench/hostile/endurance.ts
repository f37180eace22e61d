// All attacks in turn on one `evenkeel serve` in a cgroup of its own, for as long as somebody likes: does it live, and serve?
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import { TestAuthority, writeCertificate } from '../../src/controlplane/testing/certificates.ts';
import { attacks } from './attacks.ts';
import { Liveness } from './liveness.ts';
import { createMemoryGroup } from './memory-group.ts';
import { attackFor, beServedFor } from './processes.ts';
import { formatRow, type Row, tableHead } from './report.ts';
import { portFor, startServer } from './servers.ts';

const usage = `Usage: node bench/hostile/endurance.ts [options]
All attacks in turn, 1 and 8 attackers by turns, on one server in a cgroup of
its own (needs root). Ends with 0 where it has lived through it and answered
every probe, else with 1.
  --minutes N        how long (default: 60)
  --seconds N        how long each attack lasts (default: 10)
  --limit-mb N       memory limit of the cgroup (default: 512, as in the chart)
  --json             one JSON object a line instead of the table
Example:
  node bench/hostile/endurance.ts --minutes 5`;

const { values } = readArguments(usage, {
  minutes: { type: 'number', default: 60 },
  seconds: { type: 'number', default: 10 },
  'limit-mb': { type: 'number', default: 512 },
  json: { type: 'boolean', default: false },
});
const { minutes, seconds } = values;
if (seconds < 1) wrongArguments('invalid --seconds: at least 1', usage);
/** The chart asks every 5 s; more often says more. */
const probeIntervalMs = 1_000;

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-hostile-'));
const group = createMemoryGroup(values['limit-mb'] * 1024 * 1024);
const rows: Row[] = [];
let probes = 0;
let failedProbes = 0;
let longestRow = 0;
const begun = performance.now();
try {
  const { processesFile } = group;
  const tls = writeCertificate(directory, 'server', new TestAuthority().issue({ ips: ['127.0.0.1'] }));
  const running = await startServer('evenkeel', { directory, binaries: '', processesFile, tls });
  const liveness = new Liveness(running.adminPort!, probeIntervalMs);
  running.watchTurns();
  if (!values.json) console.log(`${tableHead}  probes failed`);
  const names = Object.keys(attacks);
  for (let turn = 0; running.isUp && performance.now() - begun < minutes * 60_000; turn++) {
    const attack = names[turn % names.length]!;
    const attackers = (turn + Math.floor(turn / names.length)) % 2 === 0 ? 8 : 1;
    const [served] = await Promise.all([
      beServedFor(seconds, running.port, running.resource),
      attackFor(seconds, portFor(attacks[attack]!, running), attack, attackers),
    ]);
    const probed = liveness.take();
    probes += probed.probes;
    failedProbes += probed.failed;
    longestRow = Math.max(longestRow, probed.failedInARow);
    const turnMs = await running.longestTurnMs();
    const end = running.isUp ? 'up' : 'died';
    const peakBytes = running.peakBytes() ?? group.peakBytes();
    const row: Row = { attack, server: 'evenkeel', attackers, seconds, peakBytes, end, turnMs, ...served };
    rows.push(row);
    console.log(values.json ? JSON.stringify({ ...row, probed }) : `${formatRow(row)}  ${probed.failed}`);
  }
  liveness.stop();
  if (!running.isUp) process.exitCode = 1;
  await running.stop();
} finally {
  const total = {
    minutes: Math.round((performance.now() - begun) / 6_000) / 10,
    attacks: rows.length,
    restarts: rows.at(-1)?.end === 'up' ? 0 : 1,
    peakGroupMb: Math.round(group.peakBytes() / 1024 / 1024),
    peakProcessMb: Math.round(Math.max(...rows.map(({ peakBytes }) => peakBytes)) / 1024 / 1024),
    calls: rows.reduce((sum, { calls }) => sum + calls, 0),
    unanswered: rows.reduce((sum, { unanswered }) => sum + unanswered, 0),
    probes,
    failedProbes,
    failedProbesInARow: longestRow,
  };
  console.log(JSON.stringify(total));
  // Three in a row are a restart where the chart's probe is what asks.
  if (longestRow >= 3) process.exitCode = 1;
  group.remove();
  rmSync(directory, { recursive: true });
}
