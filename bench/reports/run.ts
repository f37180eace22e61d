// What hearing load reports costs `evenkeel serve`: the same clients and the same changes, with reports and without, in turn.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AdsTestClient, loadReportPath, typeUrls } from '@evenkeel/xds';
import { LoadStatsRequestSchema, LoadStatsResponseSchema } from '@evenkeel/xds/gen/envoy/service/load_stats/v3/lrs_pb';
import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import { replaceEndpointFile } from '../../src/controlplane/testing/endpoint-file.ts';
import { ServeProcess } from '../../src/controlplane/testing/serve-process.ts';
import { quantile } from '../../src/verdict/quantile.ts';

const usage = `Usage: node bench/reports/run.ts [options]
What hearing load reports costs: clients that follow one Service and report
calls to each of its pods, beside the same clients without reports.
  --clients N  connections, each with two streams (default: 1000)
  --pods N     pods of the Service (default: 100)
  --seconds N  how long each is measured (default: 20)
  --rounds N   with and without, so many times in turn (default: 2)
Example:
  node bench/reports/run.ts --clients 200 --seconds 5 --rounds 1`;

const { values } = readArguments(usage, {
  clients: { type: 'number', default: 1_000 },
  pods: { type: 'number', default: 100 },
  seconds: { type: 'number', default: 20 },
  rounds: { type: 'number', default: 2 },
});
if (!(values.clients >= 1 && values.pods >= 1 && values.seconds >= 1)) {
  wrongArguments('clients, pods and seconds: 1 at least', usage);
}

const port = 50051;
const cluster = `default/orders:${port}`;
const node = { userAgentName: 'gRPC Go', userAgentVersion: '1.85.0' };
const changeEveryMs = 1_000;
const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
/** What a client reports each time: calls to every pod. */
const report = toBinary(
  LoadStatsRequestSchema,
  create(LoadStatsRequestSchema, {
    clusterStats: [
      {
        clusterName: cluster,
        upstreamLocalityStats: Array.from({ length: values.pods }, (_, pod) => ({
          locality: { zone: 'zone-a', subZone: `${addressOf(pod)}:${port}` },
          ...{ totalIssuedRequests: 10n, totalSuccessfulRequests: 10n, totalRequestsInProgress: 1n },
        })),
      },
    ],
  }),
);

function addressOf(pod: number): string {
  return `10.0.${pod >> 8}.${pod & 255}`;
}

/** One pod more or less at each change, so that the clients' assignment is another one. */
function write(file: string, change: number): Promise<void> {
  const endpoints = Array.from({ length: values.pods + (change % 2) }, (_, pod) => ({
    address: addressOf(pod),
    zone: 'zone-a',
  }));
  return replaceEndpointFile(file, [{ name: 'orders', port, endpoints }]);
}

/** Milliseconds of processor time that a process took; ticks are of 10 ms. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

/** Opens a stream of reports and keeps to the interval that it is asked for; resolves with what ends it, and the interval. */
async function reportFrom(client: AdsTestClient): Promise<{ intervalMs: number; end: () => void }> {
  const call = client.call(loadReportPath);
  const first = { node: { id: 'bench', userAgentName: node.userAgentName, metadata: { workload: 'bench' } } };
  call.send(toBinary(LoadStatsRequestSchema, create(LoadStatsRequestSchema, first)));
  const { loadReportingInterval } = fromBinary(LoadStatsResponseSchema, await call.receive());
  const intervalMs = Number(loadReportingInterval!.seconds) * 1_000;
  let timer = setTimeout(() => {
    call.send(report);
    timer = setInterval(() => call.send(report), intervalMs);
  }, intervalMs * Math.random());
  return { intervalMs, end: () => clearTimeout(timer) };
}

interface Figures {
  readonly cpuMsPerSecond: number;
  readonly residentMb: number;
  readonly p50Ms: number;
  readonly lastMs: number;
  readonly intervals: string;
  readonly reportsPerSecond: number;
}

async function measure(reports: boolean): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-reports-'));
  try {
    const file = join(folder, 'endpoints.json');
    await write(file, 0);
    const listen = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
    const serve = new ServeProcess(['--endpoints', file, ...listen, ...(reports ? ['--load-reports'] : [])]);
    try {
      return await measureServe(serve, file, reports);
    } finally {
      await serve.end('SIGTERM');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measureServe(serve: ServeProcess, file: string, reports: boolean): Promise<Figures> {
  const { xds, admin } = await serve.listening();
  await serve.ready();
  const heard = async (): Promise<number> =>
    Number(/^evenkeel_load_reports_total (\d+)/m.exec(await (await fetch(`http://${admin}/metrics`)).text())?.[1] ?? 0);
  const clients: AdsTestClient[] = [];
  const reporters: Awaited<ReturnType<typeof reportFrom>>[] = [];
  let arrived: (() => void) | undefined;
  for (let index = 0; index < values.clients; index++) {
    const client = await AdsTestClient.connect(`http://${xds}`, { node: { id: `bench-${index}`, ...node } });
    clients.push(client);
    const ads = client.sotw();
    await ads.requestResponseAck(typeUrls.endpoint, [cluster]);
    const follow = async (): Promise<void> => {
      for (;;) {
        await ads.responseAck(typeUrls.endpoint);
        arrived?.();
      }
    };
    // It ends with its client.
    follow().catch(() => {});
    if (reports) reporters.push(await reportFrom(client));
  }
  await sleep(3_000);
  const before = { cpu: cpuMsOf(serve.pid), at: performance.now(), heard: await heard() };
  const [middle, last]: [number[], number[]] = [[], []];
  for (let change = 1; performance.now() - before.at < values.seconds * 1_000; change++) {
    const begun = performance.now();
    const times: number[] = [];
    await new Promise<void>((done) => {
      arrived = () => {
        times.push(performance.now() - begun);
        if (times.length === clients.length) done();
      };
      void write(file, change);
    });
    middle.push(quantile(times, 0.5)!);
    last.push(times.at(-1)!);
    await sleep(Math.max(0, begun + changeEveryMs - performance.now()));
  }
  const seconds = (performance.now() - before.at) / 1_000;
  const perSecond = (count: number): number => count / seconds;
  const found: Figures = {
    cpuMsPerSecond: perSecond(cpuMsOf(serve.pid) - before.cpu),
    residentMb: residentMb(serve.pid),
    p50Ms: medianOf(middle),
    lastMs: medianOf(last),
    intervals: [...new Set(reporters.map(({ intervalMs }) => intervalMs / 1_000))].join(', '),
    reportsPerSecond: perSecond((await heard()) - before.heard),
  };
  for (const { end } of reporters) end();
  await Promise.all(clients.map((client) => client.close()));
  return found;
}

function medianOf(figures: readonly number[]): number {
  return quantile(
    figures.toSorted((a, b) => a - b),
    0.5,
  )!;
}

console.log(
  `${values.clients} clients, ${values.pods} pods, a change a second; ${cpus()[0]?.model}, ${availableParallelism()} cores`,
);
console.log('reports   CPU ms/s   RSS MB   change to client ms: p50, last   reports/s   asked for every s   load');
for (let round = 0; round < values.rounds; round++) {
  for (const reports of [false, true]) {
    const found = await measure(reports);
    const cells = [
      (reports ? 'with' : 'without').padEnd(8),
      found.cpuMsPerSecond.toFixed(0).padStart(10),
      found.residentMb.toFixed(0).padStart(8),
      `${found.p50Ms.toFixed(1)}, ${found.lastMs.toFixed(1)}`.padStart(32),
      found.reportsPerSecond.toFixed(0).padStart(11),
      found.intervals.padStart(19),
      loadavg()[0]!.toFixed(1).padStart(6),
    ];
    console.log(cells.join(' '));
  }
}
