// What hearing load reports costs `evenkeel serve`: the same clients and the same changes, with reports and without, in turn.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdsTestClient, typeUrls } from '@evenkeel/xds';
import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import { sum } from '../../src/base/sum.ts';
import { replaceEndpointFile } from '../../src/controlplane/testing/endpoint-file.ts';
import { ServeProcess } from '../../src/controlplane/testing/serve-process.ts';
import { quantile } from '../../src/verdict/quantile.ts';
import { encodeReport, openLoadReports } from '../load-report-stream.ts';

const usage = `Usage: node bench/reports/run.ts [options]
What hearing load reports costs: clients that follow one Service and report
calls to each of its pods, beside the same clients without reports.
  --clients N  connections, each with two streams (default: 1000)
  --pods N     pods of the Service (default: 100)
  --every N    seconds from one change of the pods to the next (default: 1)
  --seconds N  how long each is measured (default: 20)
  --rounds N   with and without, so many times in turn (default: 2)
Example:
  node bench/reports/run.ts --clients 200 --seconds 5 --rounds 1`;

const { values } = readArguments(usage, {
  clients: { type: 'number', default: 1_000 },
  pods: { type: 'number', default: 100 },
  every: { type: 'number', default: 1 },
  seconds: { type: 'number', default: 20 },
  rounds: { type: 'number', default: 2 },
});
if (!(values.clients >= 1 && values.pods >= 1 && values.seconds >= 1 && values.every >= 1)) {
  wrongArguments('clients, pods, every and seconds: 1 at least', usage);
}

const port = 50051;
const cluster = `default/orders:${port}`;
const node = { userAgentName: 'gRPC Go', userAgentVersion: '1.85.0' };
const changeEveryMs = values.every * 1_000;
const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
/** What a client reports each time: calls to every pod. */
const report = encodeReport({
  clusterStats: [
    {
      clusterName: cluster,
      upstreamLocalityStats: Array.from({ length: values.pods }, (_, pod) => ({
        locality: { zone: 'zone-a', subZone: `${addressOf(pod)}:${port}` },
        ...{ totalIssuedRequests: 10n, totalSuccessfulRequests: 10n, totalRequestsInProgress: 1n },
      })),
    },
  ],
});

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

/** A client's reports, at the interval that it is asked for; a stream that is ended is opened anew, as gRPC clients do. */
class Reporter {
  intervalMs = 0;
  /** Streams that were opened. */
  opened = 0;
  readonly #client: AdsTestClient;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(client: AdsTestClient) {
    this.#client = client;
  }

  /** Resolves once it was asked. */
  async open(): Promise<void> {
    this.opened += 1;
    const self = { id: 'bench', userAgentName: node.userAgentName, metadata: { workload: 'bench' } };
    const { call, intervalMs } = await openLoadReports(this.#client, self);
    this.intervalMs = intervalMs;
    this.#timer = setTimeout(() => {
      call.send(report);
      this.#timer = setInterval(() => call.send(report), intervalMs);
    }, intervalMs * Math.random());
    void call.ended.then(() => {
      clearTimeout(this.#timer);
      // What fails now is its client, which has gone.
      if (!this.#isOver) this.open().catch(() => {});
    });
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}

/** Resolves once all have reported and nobody was asked anew: the fleet has just come, and some came when it was small. */
async function settled(reporters: readonly Reporter[]): Promise<void> {
  const opened = (): number => sum(reporters, (reporter) => reporter.opened);
  const longest = (): number => reporters.reduce((most, { intervalMs }) => Math.max(most, intervalMs), 0);
  for (let before = -1; before !== opened(); await sleep(longest() + 1_000)) before = opened();
}

interface Figures {
  readonly cpuMsPerSecond: number;
  readonly residentMb: number;
  readonly p50Ms: number;
  readonly lastMs: number;
  readonly intervals: readonly number[];
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
  const reporters: Reporter[] = [];
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
    if (!reports) continue;
    const reporter = new Reporter(client);
    reporters.push(reporter);
    await reporter.open();
  }
  await sleep(3_000);
  await settled(reporters);
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
    intervals: [...new Set(reporters.map(({ intervalMs }) => intervalMs / 1_000))].sort((a, b) => a - b),
    reportsPerSecond: perSecond((await heard()) - before.heard),
  };
  for (const reporter of reporters) reporter.end();
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
  `${values.clients} clients, ${values.pods} pods, a change every ${values.every} s; ${cpus()[0]?.model}, ${availableParallelism()} cores`,
);
const found: Record<'without' | 'with', Figures[]> = { without: [], with: [] };
console.log('reports        CPU ms/s   RSS MB   change to client ms: p50, last   reports/s   asked for every s   load');
for (let round = 0; round < values.rounds; round++) {
  // Forth and back, so that what disturbs the machine disturbs both.
  for (const how of round % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const)) {
    const figures = await measure(how === 'with');
    found[how].push(figures);
    console.log(line(how, figures));
  }
}
const medians = Object.entries(found).map(([how, figures]) => [how, mediansOf(figures)] as const);
for (const [how, figures] of medians) console.log(line(`${how}, median`, figures));

function mediansOf(figures: readonly Figures[]): Figures {
  const of = (one: (figures: Figures) => number): number => medianOf(figures.map(one));
  return {
    cpuMsPerSecond: of(({ cpuMsPerSecond }) => cpuMsPerSecond),
    residentMb: of(({ residentMb }) => residentMb),
    p50Ms: of(({ p50Ms }) => p50Ms),
    lastMs: of(({ lastMs }) => lastMs),
    intervals: [...new Set(figures.flatMap(({ intervals }) => intervals))].sort((a, b) => a - b),
    reportsPerSecond: of(({ reportsPerSecond }) => reportsPerSecond),
  };
}

function line(
  how: string,
  { cpuMsPerSecond, residentMb, p50Ms, lastMs, intervals, reportsPerSecond }: Figures,
): string {
  const [least, most] = [intervals[0], intervals.at(-1)];
  return [
    how.padEnd(15),
    cpuMsPerSecond.toFixed(0).padStart(8),
    residentMb.toFixed(0).padStart(8),
    `${p50Ms.toFixed(1)}, ${lastMs.toFixed(1)}`.padStart(32),
    reportsPerSecond.toFixed(0).padStart(11),
    (least === undefined ? '–' : least === most ? `${least}` : `${least} to ${most}`).padStart(19),
    loadavg()[0]!.toFixed(1).padStart(6),
  ].join(' ');
}
