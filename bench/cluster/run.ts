// From an EndpointSlice's event to the first answer that an xds:/// client gets from the new pod, over many scale events on
// the cluster of the current kubeconfig. README.md says how to read the figures.
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { KubeConfig } from '@kubernetes/client-node';
import { backend, echoBackends, installControlPlane, nameLabel, service } from '../../cluster/support/echo-stage.ts';
import { createNamespace, deleteNamespace } from '../../cluster/support/namespace.ts';
import { readArguments } from '../../scripts/arguments.mjs';
import { clientBootstrap } from '../../src/bootstrap/client-bootstrap.ts';
import { versions } from '../../src/environments/versions.ts';
import { ClientProcess } from '../../src/probe/client/client-process.ts';
import { schemes } from '../../src/probe/index.ts';
import { quantile } from '../../src/verdict/quantile.ts';
import { Arrivals } from './arrivals.ts';

const usage = `Usage: node bench/cluster/run.ts [options]
Measures in the cluster of the current kubeconfig.
  --events N     pods that come, one at a time (default 100)
  --minutes N    ends after so long with as many as there are by then (default:
                 no bound)
  --out FILE     also every single delay, as JSON
Example:
  node bench/cluster/run.ts --events 20`;

const { values } = readArguments(usage, {
  events: { type: 'number', default: 100 },
  minutes: { type: 'number', default: Number.POSITIVE_INFINITY },
  out: { type: 'string' },
});
const wanted = values.events;
const withinMs = values.minutes * 60_000;

/** One pod more at a time, up to the most; then all of those go at once. */
const fewest = 3;
const most = 8;
const ratePerSecond = 400;
const deadlineMs = 10_000;
const patienceMs = 120_000;

interface Delays {
  readonly pod: string;
  /** Milliseconds from the pod's readiness to the event of its EndpointSlice, and from that to the first answer. */
  readonly readyToListedMs: number;
  readonly listedToCallMs: number;
  readonly listedToAnswerMs: number;
}

const { name: namespace, kubectl } = await createNamespace('ek-bench-cluster');
const config = new KubeConfig();
config.loadFromDefault();
const arrivals = new Arrivals();
const client = new ClientProcess(
  { scheme: schemes.xds, target: `xds:///${service}.${namespace}`, channelOptions: {} },
  {
    GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(
      clientBootstrap({
        server: `dns:///evenkeel-xds.${namespace}.svc.cluster.local:18000`,
        namespace,
        nodeId: 'bench-cluster',
      }),
    ),
  },
);

/** Scales to so many, and resolves once they, and no others, are told of and have answered. */
async function scale(replicas: number): Promise<void> {
  await kubectl(['scale', `deployment/${backend}`, `--replicas=${replicas}`]);
  await arrivals.until(
    `${replicas} pods that answer`,
    patienceMs,
    () => arrivals.listed.length === replicas && arrivals.arrived.length === replicas,
  );
}

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;

function summary(delays: readonly number[]) {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number): number => round(quantile(sorted, share)!);
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

const seen: Delays[] = [];
try {
  await installControlPlane(namespace, [namespace]);
  const items = echoBackends(namespace, fewest);
  await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await kubectl(['rollout', 'status', `deployment/${backend}`, '--timeout=180s']);
  await arrivals.watch(config, namespace, service, `${nameLabel}=${backend}`);
  await client.configured();
  const problem = await client.open(patienceMs);
  if (problem !== undefined) throw new Error(`the client does not connect: ${problem}`);
  const run = client.run({ run: 'bench', ratePerSecond, deadlineMs }, (calls) => arrivals.calls(calls));
  await scale(fewest);

  const began = performance.now();
  const loads: number[] = [];
  for (let replicas = fewest; seen.length < wanted && performance.now() - began < withinMs; ) {
    if (replicas === most) {
      replicas = fewest;
      await scale(replicas);
    }
    const before = new Set(arrivals.listed);
    replicas += 1;
    await scale(replicas);
    const pod = arrivals.listed.find((name) => !before.has(name))!;
    const { readyAt, listedAt, calledAt, answeredAt } = arrivals.get(pod)!;
    seen.push({
      pod,
      readyToListedMs: listedAt! - readyAt!,
      listedToCallMs: calledAt! - listedAt!,
      listedToAnswerMs: answeredAt! - listedAt!,
    });
    loads.push(loadavg()[0]!);
    console.error(`${seen.length} of ${wanted}: ${round(answeredAt! - listedAt!)} ms`);
  }
  run.stop();
  const { records } = await run.result;
  const failures = records.filter(({ status }) => status !== 'OK');
  const kubernetes = JSON.parse(await kubectl(['version', '-o', 'json'])).serverVersion.gitVersion as string;
  const result = {
    conditions: {
      cpus: cpus().length,
      loadAverage: { min: Math.min(...loads), max: Math.max(...loads) },
      versions: { ...(await versions()), kubernetes },
    },
    events: seen.length,
    tookMs: Math.round(performance.now() - began),
    calls: records.length,
    failed: failures.length,
    failures: [...new Set(failures.map(({ status, error }) => `${status}: ${error}`))],
    sliceEventToAnswerMs: summary(seen.map(({ listedToAnswerMs }) => listedToAnswerMs)),
    sliceEventToCallMs: summary(seen.map(({ listedToCallMs }) => listedToCallMs)),
    readyToSliceEventMs: summary(seen.map(({ readyToListedMs }) => readyToListedMs)),
    readyToAnswerMs: summary(seen.map(({ readyToListedMs, listedToAnswerMs }) => readyToListedMs + listedToAnswerMs)),
  };
  console.log(JSON.stringify(result, null, 2));
  if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify({ ...result, seen }, null, 2)}\n`);
} finally {
  await client.close();
  await arrivals.stop();
  await deleteNamespace(namespace);
}
