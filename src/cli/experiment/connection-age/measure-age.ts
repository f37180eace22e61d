import { setTimeout as delay } from 'node:timers/promises';
import { EvenkeelError } from '../../../base/errors.ts';
import { timeStamp } from '../../../base/time-stamp.ts';
import { evenkeelCommand, type Lab } from '../../../lab/index.ts';
import { type ActiveRun, ClientProcess, type RunResult } from '../../../probe/client/client-process.ts';
import type { MeasuredAge } from '../../../probe/experiment/connection-age/build-report.ts';
import { jitter } from '../../../probe/experiment/connection-age/model.ts';
import { type Progress, schemes } from '../../../probe/index.ts';
import { convergence } from '../../../probe/verdict/convergence.ts';
import { quantile } from '../../../probe/verdict/quantile.ts';
import { timelineOf } from '../../../probe/verdict/timeline.ts';
import { clientBootstrap } from '../../bootstrap.ts';
import type { ConnectionAgeOptions } from '../connection-age.ts';
import { longCall } from './long-call.ts';
import { cpuMsOf } from './pod-cpu.ts';

const grpcPort = 50_051;
const adminPort = 9090;
/** Bounds of how long reconnects are counted; more than two ages where these allow it. */
const [shortestSteadyMs, longestSteadyMs] = [4000, 25_000];
/** A call counts as made around a reconnect that is no farther away. */
const aroundMs = 50;
const fewestAround = 20;
/** How long a client that has nothing to follow by is waited for; xds:/// needs milliseconds. */
const unaidedMs = 5000;

export interface AgeOptions extends ConnectionAgeOptions {
  readonly client: 'dns' | 'xds';
  readonly ageMs: number | undefined;
}

/** Connections that are shorter than this do nothing but open. */
const shortestLabAgeMs = 200;

/** How many times shorter than in a cluster an age is in the lab: as asked for, or as little as a connection needs to live. */
export function scaleOf(ageMs: number | undefined, scale: number): number {
  return ageMs === undefined ? scale : Math.max(1, Math.min(scale, ageMs / shortestLabAgeMs));
}

/** Starts pods with this age and clients of them, counts reconnects for a while, scales out and waits until it is followed. */
export async function measureAge(
  lab: Lab,
  options: AgeOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<MeasuredAge> {
  const { client, ageMs, scale, pods, dnsMs } = options;
  const labAgeMs = ageMs === undefined ? undefined : ageMs / scale;
  const name = client === 'xds' ? 'aged-xds' : `aged-${ageMs === undefined ? 'never' : Math.round(ageMs)}`;
  const clients: ClientProcess[] = [];
  try {
    const place = await startPods(lab, name, labAgeMs, options);
    for (let index = 0; index < options.clients; index += 1) clients.push(new ClientProcess(...place));
    for (const [index, one] of clients.entries()) {
      await one.configured();
      const problem = await one.open(10_000);
      if (problem !== undefined) throw new EvenkeelError('EK_PROBE_CLIENT', `a client could not connect: ${problem}`);
      // Clients that start together would reconnect together for ever; those of a fleet do not.
      if (index < clients.length - 1) await delay((labAgeMs ?? 0) / clients.length, undefined, { signal });
    }
    await warmUp(lab, name, clients, options);

    const steadyMs = Math.min(longestSteadyMs, Math.max(shortestSteadyMs, 2.2 * (labAgeMs ?? 0)));
    progress.update(`counting reconnects for ${(steadyMs / 1000).toFixed(1)} s`);
    const pids = lab.pods(name).flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    const cpuBefore = await cpuMsOf(pids);
    const long =
      labAgeMs === undefined
        ? undefined
        : longCall(`${lab.pods(name)[0]!.ip}:${grpcPort}`, Math.max(500, 1.5 * labAgeMs));
    const before = timeStamp();
    const steady = clients.map((one, index) => one.run(order(`${name}.steady.${index}`, options)));
    await delay(steadyMs, undefined, { signal });
    for (const run of steady) run.stop();
    const seen = await Promise.all(steady.map(({ result }) => result));
    const measuredMs = timeStamp() - before;
    const cpuAfter = await cpuMsOf(pids);

    progress.update(`${pods} → ${options.scaleTo} pods`);
    const followMs = Math.max(unaidedMs, 1.5 * ((labAgeMs ?? 0) * (1 + jitter) + dnsMs / scale) + 2000);
    const changed = await scaleOut(lab, name, clients, options, followMs, signal);
    const all = [...seen, ...changed.results].flatMap(({ records }) => records);
    return {
      client,
      ageMs,
      scale,
      calls: all.length,
      failed: all.filter(({ status }) => status !== 'OK').length,
      steadyMs: measuredMs,
      reconnects: seen.reduce((sum, { opened }) => sum + opened.length, 0),
      convergedMs: changed.convergedMs,
      foundMs: changed.foundMs,
      latencyMs: latencies(seen),
      cpuMsPerSecond: {
        clients: (seen.reduce((sum, { cpuMs }) => sum + cpuMs, 0) * 1000) / measuredMs,
        pods: cpuBefore === null || cpuAfter === null ? null : ((cpuAfter - cpuBefore) * 1000) / measuredMs,
      },
      longCall: (await long) ?? null,
      scaleOut: changed.scaleOut,
    };
  } finally {
    await Promise.all(clients.map((one) => one.close()));
    if (!signal.aborted) await tearDown(lab, name);
  }
}

type ClientArguments = ConstructorParameters<typeof ClientProcess>;

async function startPods(
  lab: Lab,
  name: string,
  labAgeMs: number | undefined,
  { client, pods, dnsMs, scale }: AgeOptions,
): Promise<ClientArguments> {
  const age = labAgeMs === undefined ? [] : ['--max-connection-age-ms', String(Math.round(labAgeMs))];
  lab.createDeployment({
    name,
    replicas: pods,
    template: {
      ...evenkeelCommand('workload', 'be1-srv', ...age),
      env: { EVENKEEL_DRAIN_MS: '0', EVENKEEL_ADMIN_PORT: String(adminPort) },
      ports: [{ name: 'grpc', port: grpcPort }],
      readiness: { grpc: { port: grpcPort, service: 'echo.EchoServer' } },
    },
  });
  const ports = [{ name: 'grpc', port: grpcPort, appProtocol: 'grpc' }];
  const service = await lab.createService({ name: `${name}-srv`, headless: true, selector: [name], ports });
  if (client === 'xds') {
    const plane = await lab.deployControlPlane({ name: `${name}-plane`, mode: 'file' });
    await Promise.all([lab.ready(name), lab.ready(plane.deployment)]);
    const bootstrap = clientBootstrap({ server: plane.xdsAddress, nodeId: name, namespace: 'default' });
    const config = { scheme: schemes.xds, target: `xds:///${service.name}:${grpcPort}`, channelOptions: {} };
    return [config, { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) }];
  }
  await lab.ready(name);
  const config = {
    scheme: schemes['headless-round-robin'],
    target: `dns://${lab.dnsAddress}/${service.ports[0]!.address}`,
    channelOptions: { 'grpc.dns_min_time_between_resolutions_ms': Math.round(dnsMs / scale) },
  };
  return [config, { GRPC_NODE_USE_ALTERNATIVE_RESOLVER: 'true' }];
}

async function tearDown(lab: Lab, name: string): Promise<void> {
  await Promise.allSettled([lab.deleteService(`${name}-srv`), lab.deleteDeployment(name)]);
  await lab.deleteDeployment(`${name}-plane`).catch(() => {});
}

/** Every client has heard from every pod before anything is counted. */
async function warmUp(lab: Lab, name: string, clients: readonly ClientProcess[], options: AgeOptions): Promise<void> {
  const untilAnswered = lab.pods(name).map((pod) => pod.name);
  await Promise.all(
    clients.map(async (client, index) => {
      const run = { ...order(`${name}.warmup.${index}`, options), untilAnswered, withinMs: 10_000 };
      const { records } = await client.run(run).result;
      if (records.every(({ status }) => status !== 'OK')) {
        const error = records.at(-1)?.error ?? 'no call was made';
        throw new EvenkeelError('EK_PROBE_NO_ANSWER', `a client got no answer from ${name}: ${error}`);
      }
    }),
  );
}

interface Followed {
  readonly convergedMs: (number | null)[];
  readonly foundMs: (number | null)[];
  readonly results: readonly RunResult[];
  readonly scaleOut: MeasuredAge['scaleOut'];
}

async function scaleOut(
  lab: Lab,
  name: string,
  clients: readonly ClientProcess[],
  options: AgeOptions,
  followMs: number,
  signal: AbortSignal,
): Promise<Followed> {
  const old = new Set(lab.pods(name).map((pod) => pod.name));
  const runs = clients.map((client, index) => client.run(order(`${name}.scale-out.${index}`, options)));
  const askedAt = timeStamp();
  lab.scale(name, options.scaleTo);
  const ready = await lab.ready(name, options.scaleTo);
  const events = ready.flatMap((pod) =>
    old.has(pod.name) || pod.readyAt === undefined
      ? []
      : [{ event: 'ready' as const, pod: pod.name, address: `${pod.ip}:${grpcPort}`, at: pod.readyAt }],
  );
  const giveUpAt = timeStamp() + followMs;
  const look = ({ records }: ActiveRun) => convergence(records, events, new Map(), timeStamp());
  while (timeStamp() < giveUpAt && runs.some((run) => look(run).convergedMs === null)) {
    await delay(50, undefined, { signal });
  }
  const seen = runs.map(look);
  for (const run of runs) run.stop();
  const convergedMs = seen.map((one) => one.convergedMs);
  const foundMs = seen.flatMap(({ added }) =>
    added.map(({ readyAt, firstAnswerAt }) => (firstAnswerAt === null ? null : Math.max(0, firstAnswerAt - readyAt))),
  );
  const results = await Promise.all(runs.map(({ result }) => result));
  // As many columns as a plot can show, whatever the age.
  const bucketMs = Math.max(100, Math.ceil((timeStamp() - askedAt) / 4000) * 100);
  const { buckets } = timelineOf(
    results.flatMap(({ records }) => records),
    askedAt,
    bucketMs,
  );
  const readyAtMs = events.map(({ at }) => Math.max(0, Math.round(at - askedAt)));
  return { convergedMs, foundMs, results, scaleOut: { readyAtMs, bucketMs, buckets } };
}

function order(run: string, { ratePerSecond }: AgeOptions) {
  return { run, ratePerSecond, deadlineMs: 5000 };
}

function latencies(seen: readonly RunResult[]): MeasuredAge['latencyMs'] {
  const all: number[] = [];
  const around: number[] = [];
  for (const { records, opened } of seen) {
    let next = 0;
    for (const { status, dueAt, endedAt } of records.toSorted((a, b) => a.dueAt - b.dueAt)) {
      if (status !== 'OK') continue;
      all.push(endedAt - dueAt);
      while (next < opened.length && opened[next]! < dueAt - aroundMs) next += 1;
      if (next < opened.length && opened[next]! <= endedAt + aroundMs) around.push(endedAt - dueAt);
    }
  }
  const at = (values: number[], part: number): number | null => {
    const value = quantile(
      values.toSorted((a, b) => a - b),
      part,
    );
    return value === null ? null : Math.round(value * 100) / 100;
  };
  return {
    p50: at(all, 0.5),
    p99: at(all, 0.99),
    p99AroundReconnects: around.length < fewestAround ? null : at(around, 0.99),
  };
}
