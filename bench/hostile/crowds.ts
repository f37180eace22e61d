// Thousands of connections beside a fleet that wants to be served: `evenkeel serve` with TLS and without, in processes of their own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import { TestAuthority, writeCertificate } from '../../src/controlplane/testing/certificates.ts';
import { Liveness } from './liveness.ts';
import { beServedFor, type Crowd, crowdFor } from './processes.ts';
import { startServer } from './servers.ts';

/** What a crowd does, how many they are, and whether with TLS. */
const crowds = {
  'silent-tls': { kind: 'silent', count: 20_000, tls: true, seconds: 30 },
  'idle-tls': { kind: 'idle-tls', count: 20_000, tls: true, seconds: 90 },
  idle: { kind: 'idle', count: 20_000, tls: false, seconds: 30 },
  'slow-readers': { kind: 'slow', count: 1_000, tls: false, seconds: 30 },
} as const;
type CrowdName = keyof typeof crowds;

const usage = `Usage: npm run bench:hostile:crowds -- [options]
Thousands of connections from hundreds of addresses of loopback; a client that
came before them and comes anew ten times a second, and a probe of /healthz.
  --crowds A,B       some of these (default: all):
                     ${Object.keys(crowds).join(', ')}
  --seconds N        how long each has to come and to stay (default: 30, and
                     90 for handshakes of TLS, some 300 of which a second two
                     cores do for both sides)
  --limit-mb N       memory that the server is told it has (default: 512)
  --json             one JSON object a line instead of the table
Example:
  npm run bench:hostile:crowds -- --crowds silent-tls --seconds 20`;

const { values } = readArguments(usage, {
  crowds: { type: 'string', default: Object.keys(crowds).join(',') },
  seconds: { type: 'number', default: 0 },
  'limit-mb': { type: 'number', default: 512 },
  json: { type: 'boolean', default: false },
});
const names = values.crowds.split(',') as CrowdName[];
const unknown = names.find((name) => !(name in crowds));
if (unknown !== undefined) wrongArguments(`unknown crowd "${unknown}"`, usage);
/** Each needs open files of its own. */
const perProcess = 5_000;
const openFiles = 1_000_000;
const limit = execFileSync('/bin/sh', ['-c', 'ulimit -Hn']).toString().trim();
if (!values.json) console.log(`open files a process may have: ${limit}`);
if (!values.json) console.log('crowd          came  stayed  peak MB  p50 ms  p99 ms  max ms  turn  lost     healthz');

for (const name of names) {
  const { kind, count, tls, seconds: usual } = crowds[name];
  const seconds = values.seconds || usual;
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-crowds-'));
  try {
    const certificate = writeCertificate(directory, 'server', new TestAuthority().issue({ ips: ['127.0.0.1'] }));
    const memoryLimit = values['limit-mb'] * 1024 * 1024;
    const server = await startServer('evenkeel', { directory, binaries: '', memoryLimit, openFiles, tls: certificate });
    const liveness = new Liveness(server.adminPort!, 1_000);
    server.watchTurns();
    const port = tls ? server.tlsPort! : server.port;
    const parts: Promise<Crowd>[] = [];
    const served = beServedFor(seconds + 2, port, server.resource, tls);
    for (let first = 0; first < count; first += perProcess) {
      parts.push(crowdFor(seconds, port, kind, Math.min(perProcess, count - first), first));
    }
    const [{ p50Ms, p99Ms, maxMs, calls, unanswered }, ...crowd] = await Promise.all([served, ...parts]);
    const turnMs = await server.longestTurnMs();
    const { probes, failed } = liveness.take();
    liveness.stop();
    const sum = (of: (part: Crowd) => number): number => crowd.reduce((total, part) => total + of(part), 0);
    const row = {
      crowd: name,
      sent: count,
      came: sum(({ came }) => came),
      stayed: sum(({ open }) => open),
      peakMb: Math.round((server.peakBytes() ?? 0) / 1024 / 1024),
      ...{ p50Ms, p99Ms, maxMs, turnMs, calls, unanswered, probes, failedProbes: failed, isUp: server.isUp },
    };
    const cells = [
      row.crowd.padEnd(12),
      String(row.came).padStart(6),
      String(row.stayed).padStart(7),
      String(row.peakMb).padStart(8),
      ...[p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(0).padStart(7)),
      (turnMs ?? 0).toFixed(0).padStart(5),
      `${unanswered}/${calls}`.padStart(8),
      `${probes - failed}/${probes}${row.isUp ? '' : '  DIED'}`,
    ];
    console.log(values.json ? JSON.stringify(row) : cells.join(' '));
    if (!server.isUp || failed > 0) process.exitCode = 1;
    await server.stop();
  } finally {
    rmSync(directory, { recursive: true });
  }
}
