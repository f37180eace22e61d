// Lets a control plane run for a long time with clients and backends that come and go; README.md says what is looked at.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createHistogram } from 'node:perf_hooks';
import { AdsTestClient, dismissalMessage } from '@evenkeel/xds';
import { echoDescriptors } from '../../interop/driver/echo-descriptors.ts';
import { freePorts } from '../../interop/driver/free-ports.ts';
import { readArguments } from '../../scripts/arguments.mjs';
import { messageOf } from '../../src/base/errors.ts';
import { TestAuthority, writeCertificate } from '../../src/controlplane/testing/certificates.ts';
import { Calls, presentKinds } from './calling-clients.ts';
import { type Connect, passBy, SteadyClient } from './raw-clients.ts';
import { Server } from './server.ts';
import { byQuarter, type HeapSample, problemsOf, type Sample } from './verdict.ts';
import { World } from './world.ts';

const root = resolve(import.meta.dirname, '..', '..');
const usage = `Usage: npm run soak -- [options]
Lets a control plane run for a long time while clients and backends come and go.
Exit code 1 if memory grows or a client was left behind.
  --minutes N             how long (default 30)
  --changes-per-second N  changes of backends (default 10)
  --clients N             clients that stay (default 50)
  --load-reports          clients report their calls, of which some fail
  --out FILE              where the figures go (default build/soak/soak.json)
Example:
  npm run soak -- --minutes 1`;

const { values } = readArguments(usage, {
  minutes: { type: 'number', default: 30 },
  'changes-per-second': { type: 'number', default: 10 },
  clients: { type: 'number', default: 50 },
  'load-reports': { type: 'boolean', default: false },
  out: { type: 'string', default: join(root, 'build', 'soak', 'soak.json') },
});
const durationMs = values.minutes * 60_000;
const changeEveryMs = 1_000 / values['changes-per-second'];
const steadyCount = values.clients;
const reports = values['load-reports'];
const guestEveryMs = 250;
const deathEveryMs = 10_000;
const callerLifeMs = 45_000;
const sampleEveryMs = 2_000;
const heapSamples = 32;
const settleMs = 120_000;

const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
const folder = mkdtempSync(join(tmpdir(), 'evenkeel-soak-'));
mkdirSync(dirname(values.out), { recursive: true });

const endpointFile = join(folder, 'endpoints.json');
const authority = new TestAuthority();
const files = writeCertificate(folder, 'tls', authority.issue({ dns: ['localhost'], ips: ['127.0.0.1'] }));
const certificate = authority.issue({ uris: ['spiffe://cluster.local/ns/default/sa/soak'] });
writeFileSync(join(folder, 'ca.crt'), authority.cert);
const descriptors = join(folder, 'echo.binpb');
writeFileSync(descriptors, echoDescriptors());

const [port] = await freePorts(1);
const world = new World(endpointFile, port!);
await world.start();
const server = await Server.start(
  [
    ...['--endpoints', endpointFile, '--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
    ...['--tls-listen', '127.0.0.1:0', '--tls-cert', files.cert, '--tls-key', files.key],
    ...['--tls-ca', join(folder, 'ca.crt'), '--health-interval-ms', '500'],
    // Connections are asked to go in the course of the soak too.
    ...['--xds-max-connection-age-ms', '0'],
    ...(reports ? ['--load-reports'] : []),
  ],
  join(dirname(values.out), 'serve.log'),
);

const plain: Connect = () => AdsTestClient.connect(`http://${server.xds}`, { node: { id: 'soak' } });
const secure: Connect = () =>
  AdsTestClient.connect(`https://${server.tls}`, {
    node: { id: 'soak' },
    http2: { ca: authority.cert, ...certificate },
  });

const lag = createHistogram();
const samples: Sample[] = [];
const heap: HeapSample[] = [];
const calls = new Calls();
/** Clients that the server asked to come again, since nothing had let it run for seconds. */
let standstills = 0;
let guests = 0;
const guestFailures: Record<string, number> = {};
const startedAt = performance.now();
const elapsed = () => performance.now() - startedAt;
const over = () => elapsed() >= durationMs || !server.running;
const mb = (bytes = 0) => Math.round(bytes / 1024 / 1024);

/** Does something again and again at its interval until the time is over; the interval holds on the average. */
async function repeatedly(intervalMs: number, act: () => Promise<void>): Promise<void> {
  for (let next = elapsed(); !over(); next += intervalMs) {
    await act();
    await sleep(Math.max(0, next + intervalMs - elapsed()));
  }
}

/** Polls until it is so, or until the time to settle is over. */
async function settled(test: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + settleMs;
  while (performance.now() < deadline && server.running && !(await test())) await sleep(100);
}

async function sample(): Promise<void> {
  const [residentBytes, openFiles, streams] = await Promise.all([
    server.residentBytes(),
    server.openFiles(),
    server.metric('evenkeel_xds_streams'),
  ]);
  samples.push({ atMs: Math.round(elapsed()), residentBytes, openFiles, streams });
}

async function sampleHeap(): Promise<void> {
  heap.push({ atMs: Math.round(elapsed()), liveBytes: await server.liveBytes() });
}

/** Whether a stream ended as the server ends them that stood still: what it says, or the end of its connection. */
function wasAsked(why: string): boolean {
  const ends = [dismissalMessage, 'the connection ended', 'ECONNRESET', 'GOAWAY'];
  return standstills > 0 && ends.some((end) => why.includes(end));
}

/** The soak itself. Rejects with whatever could not be asked of the server any more. */
async function soak() {
  // Connections of health checks to all backends are no client's; they are there once each was found healthy.
  await settled(async () => (await server.metric('evenkeel_health_targets', 'state="healthy"')) === World.backends);
  const before = { openFiles: await server.openFiles(), liveMb: mb(await server.liveBytes()) };
  const steady = Array.from({ length: steadyCount }, () => new SteadyClient(world, lag));
  for (const [index, client] of steady.entries()) {
    await client.start(index % 4 < 2 ? plain : secure, index % 2 === 1, reports);
  }

  const visiting = new Set<Promise<void>>();
  const surroundings = { folder, descriptors, xdsAddress: server.xds, gateways: new Map<never, never>() };
  /** One caller of a kind stays, another one comes and goes. */
  const callers = present.flatMap((kind) => [
    repeatedly(1_000, () => calls.from(kind, surroundings, over)),
    repeatedly(5_000, async () => {
      const goneAt = elapsed() + callerLifeMs;
      await calls.from(kind, surroundings, () => over() || elapsed() > goneAt);
    }),
  ]);

  await Promise.all([
    repeatedly(changeEveryMs, () => world.change()),
    repeatedly(deathEveryMs, () => world.replaceBackend()),
    repeatedly(sampleEveryMs, sample),
    repeatedly(durationMs / heapSamples, sampleHeap),
    repeatedly(guestEveryMs, async () => {
      guests += 1;
      const visit = passBy(guests % 2 === 0 ? plain : secure, world, reports).catch((error: unknown) => {
        guestFailures[messageOf(error)] = (guestFailures[messageOf(error)] ?? 0) + 1;
      });
      visiting.add(visit);
      void visit.then(() => visiting.delete(visit));
    }),
    repeatedly(60_000, async () => {
      const memory = `${mb(samples.at(-1)?.residentBytes)} MB resident, ${mb(heap.at(-1)?.liveBytes)} MB live`;
      console.error(`${Math.round(elapsed() / 60_000)} min: ${world.changes} changes, ${calls.made} calls, ${memory}`);
    }),
    ...callers,
  ]);

  const staleNames = () => steady.reduce((sum, client) => sum + client.stale, 0);
  await settled(() => staleNames() === 0);
  const stale = staleNames();
  const ended = steady.flatMap((client) => client.ended);
  standstills = await server.metric('evenkeel_xds_reconnects_total', 'reason="standstill"');
  const nacks = await server.metric('evenkeel_xds_nacks_total');
  const heard = {
    reports: await server.metric('evenkeel_load_reports_total'),
    ejections: await server.metric('evenkeel_load_ejections_total'),
  };
  await Promise.all(visiting);
  await world.calm();
  await Promise.all(steady.map((client) => client.stop()));
  await settled(async () => (await server.metric('evenkeel_(?:xds|load)_streams')) === 0);
  await settled(async () => (await server.openFiles()) <= before.openFiles);
  const after = {
    streams: await server.metric('evenkeel_(?:xds|load)_streams'),
    openFiles: await server.openFiles(),
    liveMb: mb(await server.liveBytes()),
  };
  await server.stop();
  await world.stop();
  const { failed: failedCalls, made, unanswered } = calls;
  const problems = problemsOf({ samples, heap, failedCalls, calls: made, unanswered, before, after, stale, nacks });
  if (reports && (heard.reports === 0 || heard.ejections === 0))
    problems.push(`no report was heard: ${JSON.stringify(heard)}`);
  for (const [why, times] of Object.entries(Object.groupBy(ended, (why) => why))) {
    if (!wasAsked(why)) problems.push(`${times!.length} streams of clients that stay were ended: ${why}`);
  }
  return { problems, before, after, heard };
}

const { present, missing } = await presentKinds();
for (const line of missing) console.error(`not there, ${line}`);
const { problems, ...held } = await soak().catch(async (error: unknown) => {
  const death = await server.death();
  if (death === undefined) throw error;
  return { problems: [death] };
});
rmSync(folder, { recursive: true });
for (const [why, count] of Object.entries(guestFailures)) {
  if (!wasAsked(why)) problems.push(`${count} passing clients failed: ${why}`);
}
const result = {
  schemaVersion: 1,
  passed: problems.length === 0,
  problems,
  minutes: durationMs / 60_000,
  changes: world.changes,
  backendsDied: world.deaths,
  calls: {
    made: calls.made,
    failed: calls.failed,
    byClient: calls.byClient,
    failures: calls.failures,
    notStarted: calls.notStarted,
    slowStarts: calls.slowStarts,
  },
  clients: { steady: steadyCount, passedBy: guests, askedToComeAgain: standstills, missing },
  changeToClientMs: { p50: lag.percentile(50) / 1_000, p99: lag.percentile(99) / 1_000, received: lag.count },
  liveMbByQuarter: byQuarter(heap, ({ liveBytes }) => mb(liveBytes)),
  residentMbByQuarter: byQuarter(samples, ({ residentBytes }) => mb(residentBytes)),
  ...held,
  samples,
  heap,
};
writeFileSync(values.out, `${JSON.stringify(result, undefined, 2)}\n`);
const { samples: _samples, heap: _heap, ...summary } = result;
console.log(JSON.stringify(summary, undefined, 2));
// Where the server died, callers and clients are still under way: they end with this.
process.exit(problems.length === 0 ? 0 : 1);
