// How a control plane takes a large cluster: README.md says how to read the figures.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import type { RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Api,
  createNamespace,
  deleteNamespace,
  serviceObject,
  servicePath,
  sliceObject,
  slicePath,
} from '../../cluster/discovery/support/api.ts';
import { readArguments } from '../../scripts/arguments.mjs';
import { findKubeAccess } from '../../src/discovery/kubernetes/kube-access.ts';
import { measureLatency } from './latency.ts';
import { ServerProcess } from './server-process.ts';

const usage = `Usage: npm run bench:kubernetes -- [options]
Measures in the cluster of the current kubeconfig.
  --services N    Services (default 1000)
  --endpoints N   endpoints of each, in one EndpointSlice (default 10)
  --clients N     xDS clients that follow the Service that changes (default 100)
  --changes N     changes of one endpoint (default 200)
  --starts N      how often the control plane is started (default 5)
Example:
  npm run bench:kubernetes -- --services 100 --changes 50`;

const { values } = readArguments(usage, {
  services: { type: 'number', default: 1000 },
  endpoints: { type: 'number', default: 10 },
  clients: { type: 'number', default: 100 },
  changes: { type: 'number', default: 200 },
  starts: { type: 'number', default: 5 },
});
/** Memory is looked at when the garbage of the start has had time to go. */
const settleMs = 5_000;
/** Objects that are written at a time. */
const parallel = 16;

const { services, endpoints, clients, changes, starts } = values;

async function fill(api: Api, namespace: string): Promise<void> {
  const names = Array.from({ length: services }, (_, index) => `s${index}`);
  const next = names.values();
  const work = async (): Promise<void> => {
    for (const name of next) {
      const index = Number(name.slice(1));
      const told = Array.from({ length: endpoints }, (_, at) => ({
        address: `10.${100 + (index >> 8)}.${index & 255}.${at}`,
      }));
      // Headless: a thousand cluster addresses would keep every kube-proxy busy while we measure.
      await api.apply(servicePath(namespace, name), serviceObject(name, { clusterIP: 'None' }));
      await api.apply(slicePath(namespace, `${name}-x1`), sliceObject(name, `${name}-x1`, told));
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
}

interface Start {
  readonly readyMs: number;
  readonly syncMs: number;
  readonly cpuMs: number;
  readonly residentMiB: number;
  readonly peakMiB: number;
}

async function startOnce(access: Awaited<ReturnType<typeof findKubeAccess>>, namespace: string): Promise<Start> {
  const server = await ServerProcess.start(access, namespace);
  await delay(settleMs);
  const memory = server.memory();
  await server.stop();
  const { readyMs, syncMs, cpuMs } = server;
  return { readyMs, syncMs, cpuMs, ...memory };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

function milliseconds(histogram: RecordableHistogram) {
  const at = (percentile: number): number => Math.round(histogram.percentile(percentile) / 10) / 100;
  return { p50: at(50), p99: at(99), max: Math.round(histogram.max / 10) / 100 };
}

const access = await findKubeAccess({});
const api = new Api(access);
const [empty, full] = [await createNamespace(api, 'ek-bench'), await createNamespace(api, 'ek-bench')];
try {
  console.error(`writing ${services} Services with ${endpoints} endpoints each …`);
  await fill(api, full);
  const without: Start[] = [];
  const loaded: Start[] = [];
  for (let round = 0; round < starts; round += 1) {
    without.push(await startOnce(access, empty));
    loaded.push(await startOnce(access, full));
    console.error(`start ${round + 1} of ${starts}: ready after ${Math.round(loaded[round]!.readyMs)} ms`);
  }
  const server = await ServerProcess.start(access, full);
  const load = loadavg()[0]!;
  const latency = await measureLatency({
    ...{ access, api, namespace: full, service: 's0', endpoints, port: server.port, clients, changes },
  });
  await server.stop();
  const summary = (all: readonly Start[]) => ({
    readyMs: Math.round(median(all.map(({ readyMs }) => readyMs))),
    syncMs: Math.round(median(all.map(({ syncMs }) => syncMs))),
    cpuMs: Math.round(median(all.map(({ cpuMs }) => cpuMs))),
    residentMiB: Math.round(median(all.map(({ residentMiB }) => residentMiB))),
    peakMiB: Math.round(median(all.map(({ peakMiB }) => peakMiB))),
  });
  const report = {
    conditions: {
      cpus: cpus().length,
      loadAverage: load,
      node: process.version,
      services,
      endpoints,
      clients,
      changes,
      starts,
    },
    empty: summary(without),
    full: summary(loaded),
    latencyMs: {
      changeToWatch: milliseconds(latency.toWatch),
      watchToFirstClient: milliseconds(latency.toFirst),
      watchToLastClient: milliseconds(latency.toLast),
      changeToLastClient: milliseconds(latency.whole),
    },
  };
  const out = resolve(import.meta.dirname, '..', '..', 'build', 'bench');
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'kubernetes.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  console.log(JSON.stringify(report, undefined, 2));
} finally {
  await deleteNamespace(api, empty);
  await deleteNamespace(api, full);
  api.close();
}
