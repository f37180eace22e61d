// Thousands of connections beside a fleet that wants to be served: `evenkeel serve` with TLS and without, in processes of their own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import { TestAuthority, writeCertificate } from '../../src/controlplane/testing/certificates.ts';
import { Liveness } from './liveness.ts';
import { beServedFor, crowdFor } from './processes.ts';
import { startServer } from './servers.ts';

/** What a crowd does, how many they are, and whether with TLS. */
const crowds = {
  'silent-tls': { kind: 'silent', count: 20_000, tls: true },
  'idle-tls': { kind: 'idle-tls', count: 20_000, tls: true },
  idle: { kind: 'idle', count: 20_000, tls: false },
  'slow-readers': { kind: 'slow', count: 1_000, tls: false },
} as const;
type Crowd = keyof typeof crowds;

const usage = `Usage: node bench/hostile/crowds.ts [options]
Thousands of connections from hundreds of addresses of loopback; a client that
came before them and comes anew ten times a second, and a probe of /healthz.
  --crowds A,B       some of these (default: all):
                     ${Object.keys(crowds).join(', ')}
  --seconds N        how long each stays (default: 30)
  --limit-mb N       memory that the server is told it has (default: 512)
Example:
  node bench/hostile/crowds.ts --crowds silent-tls --seconds 20`;

const { values } = readArguments(usage, {
  crowds: { type: 'string', default: Object.keys(crowds).join(',') },
  seconds: { type: 'number', default: 30 },
  'limit-mb': { type: 'number', default: 512 },
});
const names = values.crowds.split(',') as Crowd[];
const unknown = names.find((name) => !(name in crowds));
if (unknown !== undefined) wrongArguments(`unknown crowd "${unknown}"`, usage);
/** Each needs open files of its own. */
const perProcess = 5_000;
const openFiles = 1_000_000;
const limit = execFileSync('/bin/sh', ['-c', 'ulimit -Hn']).toString().trim();
console.log(`open files a process may have: ${limit}`);
console.log('crowd          came  stayed  peak MB  p50 ms  p99 ms  max ms  turn  lost     healthz');

for (const name of names) {
  const { kind, count, tls } = crowds[name];
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-crowds-'));
  try {
    const certificate = writeCertificate(directory, 'server', new TestAuthority().issue({ ips: ['127.0.0.1'] }));
    const memoryLimit = values['limit-mb'] * 1024 * 1024;
    const server = await startServer('evenkeel', { directory, binaries: '', memoryLimit, openFiles, tls: certificate });
    const liveness = new Liveness(server.adminPort!, 1_000);
    server.watchTurns();
    const port = tls ? server.tlsPort! : server.port;
    const parts: Promise<number>[] = [];
    const served = beServedFor(values.seconds + 2, port, server.resource, tls);
    for (let first = 0; first < count; first += perProcess) {
      parts.push(crowdFor(values.seconds, port, kind, Math.min(perProcess, count - first), first));
    }
    const [{ p50Ms, p99Ms, maxMs, calls, unanswered }, ...stayed] = await Promise.all([served, ...parts]);
    const turnMs = await server.longestTurnMs();
    const { probes, failed } = liveness.take();
    liveness.stop();
    const peakMb = Math.round((server.peakBytes() ?? 0) / 1024 / 1024);
    const cells = [
      name.padEnd(12),
      String(count).padStart(6),
      String(stayed.reduce((sum, open) => sum + open, 0)).padStart(7),
      String(peakMb).padStart(8),
      ...[p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(0).padStart(7)),
      (turnMs ?? 0).toFixed(0).padStart(5),
      `${unanswered}/${calls}`.padStart(8),
      `${probes - failed}/${probes}${server.isUp ? '' : '  DIED'}`,
    ];
    console.log(cells.join(' '));
    if (!server.isUp || failed > 0) process.exitCode = 1;
    await server.stop();
  } finally {
    rmSync(directory, { recursive: true });
  }
}
