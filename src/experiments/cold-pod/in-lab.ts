import { setTimeout as sleep } from 'node:timers/promises';
import { timeStamp } from '../../base/time-stamp.ts';
import { clientBootstrap } from '../../bootstrap/client-bootstrap.ts';
import { backendNames, grpcPort } from '../../environments/backends.ts';
import { templates } from '../../environments/lab/backends.ts';
import { machine } from '../../environments/machine.ts';
import { versions } from '../../environments/versions.ts';
import type { Lab } from '../../lab/index.ts';
import type { Progress } from '../../probe/index.ts';
import { addUp } from '../../probe/load/add-up.ts';
import type { Output } from '../../probe/output-flags.ts';
import { Fleet, type NoFleet, openFleet } from '../fleet/fleet.ts';
import type { FleetClient } from '../fleet/protocol.ts';
import { exitCodeOf } from '../rows.ts';
import { runInLab } from '../run-in-lab.ts';
import { type PodLife, sharesByAge } from './ages.ts';
import { concludeColdPod } from './conclude.ts';
import type { ColdPodOptions } from './options.ts';
import { coldPodPage } from './page.ts';
import { printColdPod } from './print.ts';
import { type ColdPodReport, type ColdPodRow, type Variant, variantNames } from './report.ts';

/** How long a pod that goes still answers. */
const drainMs = 3_000;
/** Calls before those that count: all connections are there. */
const settleMs = 3_000;
/** In so many parts the time of a slow start is looked at. */
const parts = 10;
const deployments: Readonly<Record<Variant, string>> = { without: 'plain', 'with slow start': 'slow' };

/** Replaces all pods, with and without a slow start at the same time; the answer is the exit code. */
export function measureColdPod(options: ColdPodOptions, output: Output): Promise<number> {
  const startedAt = new Date();
  return runInLab<ColdPodReport>({
    lab: { seed: options.seed },
    output,
    shown: {
      print: printColdPod,
      page: coldPodPage,
      exitCode: exitCodeOf,
    },
    async measure(lab, progress, signal) {
      const server = await setStage(lab, options);
      const opened: [Variant, Fleet | NoFleet][] = [];
      const fleets = () => opened.flatMap(([, fleet]) => (fleet instanceof Fleet ? [fleet] : []));
      try {
        for (const variant of variantNames) {
          progress.step(`connecting ${options.clients} clients, ${variant}`);
          const config = { clients: clientsOf(variant, server, options), deadlineMs: options.deadlineMs };
          opened.push([variant, await openFleet(config, signal)]);
        }
        const rolled = await rollOut(lab, fleets(), options, progress, signal);
        const rows = opened.map(
          ([variant, fleet]): ColdPodRow =>
            fleet instanceof Fleet ? rowOf(variant, fleet, rolled, options) : { variant, ...fleet },
        );
        const { pods, clients, ratePerSecond, deadlineMs, latencyMs, coldMs, warmUpMs, slowStartMs, eachMs } = options;
        return {
          ...{ schemaVersion: 1, kind: 'cold-pod' },
          ...{ startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime() },
          conditions: {
            ...{ versions: await versions(), machine: machine(), seed: options.seed, pods, clients, ratePerSecond },
            ...{ deadlineMs, latencyMs, coldMs, warmUpMs, slowStartMs, eachMs },
          },
          ...{ rows, interrupted: signal.aborted, conclusion: concludeColdPod(rows, signal.aborted) },
        };
      } finally {
        await Promise.all(fleets().map((fleet) => fleet.close()));
      }
    },
  });
}

/** Starts pods and a control plane, and waits until all is ready; resolves with `HOST:PORT` for clients. */
async function setStage(lab: Lab, options: ColdPodOptions): Promise<string> {
  const { env, ...ordinary } = templates[backendNames.grpc];
  const template = {
    ...ordinary,
    env: {
      ...{ ...env, EVENKEEL_LATENCY_MS: String(options.latencyMs), EVENKEEL_LATENCY_SPREAD: 'exponential' },
      ...{ EVENKEEL_COLD_MS: String(options.coldMs), EVENKEEL_WARM_UP_MS: String(options.warmUpMs) },
      EVENKEEL_DRAIN_MS: String(drainMs),
    },
  };
  const names = Object.values(deployments);
  for (const name of names) {
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
    lab.createDeployment({ name, replicas: options.pods, template, rollingUpdate, minReadyMs: options.eachMs });
    const ports = [{ name: 'grpc', port: grpcPort, appProtocol: 'grpc' }];
    await lab.createService({ name, headless: true, selector: [name], ports });
  }
  await Promise.all(names.map((name) => lab.ready(name)));
  const services = variantNames.map((variant) => ({
    ...{ name: deployments[variant], discovery: 'file' },
    ...(variant === 'without' ? {} : { slowStart: `${options.slowStartMs / 1_000}s` }),
  }));
  const config = { apiVersion: 'evenkeel.dev/v1', kind: 'Config', services };
  const { deployment, xdsAddress } = await lab.deployControlPlane({ mode: 'file', config });
  await lab.ready(deployment);
  return xdsAddress;
}

function clientsOf(variant: Variant, server: string, { clients, ratePerSecond }: ColdPodOptions): FleetClient[] {
  const name = deployments[variant];
  return Array.from({ length: clients }, (_, number) => ({
    target: `xds:///${name}`,
    bootstrap: clientBootstrap({ server, nodeId: `${name}-front-${number}`, workload: 'front' }, {}),
    ratePerSecond: ratePerSecond / clients,
  }));
}

interface RolledOut {
  readonly steadyAt: number;
  readonly rolloutAt: number;
  readonly endAt: number;
  readonly lives: Readonly<Record<Variant, readonly PodLife[]>>;
}

/** Calls, replaces all pods, and goes on until the last new one is warm. */
async function rollOut(
  lab: Lab,
  fleets: readonly Fleet[],
  { steadyMs, slowStartMs, warmUpMs }: ColdPodOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<RolledOut> {
  for (const fleet of fleets) fleet.start();
  // The first pods are cold as well.
  progress.step('waiting until all pods are warm');
  await sleep(settleMs + warmUpMs, undefined, { signal });
  const steadyAt = timeStamp();
  progress.step('counting with warm pods');
  await sleep(steadyMs, undefined, { signal });
  const rolloutAt = timeStamp();
  progress.step('replacing all pods, one after the other');
  const names = Object.values(deployments);
  for (const name of names) lab.rollout(name, { env: { EVENKEEL_SEED: '2' } });
  await Promise.all(names.map((name) => lab.ready(name, undefined, { timeoutMs: 600_000 })));
  progress.step('waiting until the last pod is warm');
  await sleep(Math.max(slowStartMs, warmUpMs), undefined, { signal });
  const endAt = timeStamp();
  await Promise.all(fleets.map((fleet) => fleet.stop()));
  const pods = [...lab.pods(), ...lab.endedPods()];
  const livesOf = (variant: Variant): PodLife[] =>
    pods
      .filter(({ deployment }) => deployment === deployments[variant])
      .map(({ name, createdAt, readyAt, terminatingAt }) => ({
        ...{ name, readyAt: createdAt < rolloutAt ? undefined : readyAt, leftAt: terminatingAt },
      }));
  const lives = { without: livesOf('without'), 'with slow start': livesOf('with slow start') };
  return { steadyAt, rolloutAt, endAt, lives };
}

function rowOf(
  variant: Variant,
  { calls }: Fleet,
  { steadyAt, rolloutAt, endAt, lives }: RolledOut,
  { deadlineMs, slowStartMs }: ColdPodOptions,
): ColdPodRow {
  const between = (from: number, to: number) => calls.filter(({ dueAt }) => dueAt >= from && dueAt < to);
  const steady = addUp(between(steadyAt, rolloutAt), deadlineMs);
  const during = between(rolloutAt, endAt);
  const rollout = addUp(during, deadlineMs);
  return {
    ...{ variant, status: 'ok', calls: during.length, failed: rollout.failed, failures: rollout.failures },
    steadyP50Ms: steady.latencyOfAllMs.p50,
    steadyP99Ms: steady.latencyOfAllMs.p99,
    rolloutP50Ms: rollout.latencyOfAllMs.p50,
    rolloutP99Ms: rollout.latencyOfAllMs.p99,
    ages: sharesByAge(calls, lives[variant], slowStartMs, parts),
  };
}
