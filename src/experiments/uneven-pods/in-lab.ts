import { setTimeout as sleep } from 'node:timers/promises';
import { sum } from '../../base/sum.ts';
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
import { chooseEnvoy } from '../envoy-parts.ts';
import { Fleet, type NoFleet, openFleet } from '../fleet/fleet.ts';
import type { FleetClient } from '../fleet/protocol.ts';
import { startEnvoy } from '../policy-envoy.ts';
import { exitCodeOf } from '../rows.ts';
import { runInLab } from '../run-in-lab.ts';
import { concludeUnevenPods } from './conclude.ts';
import type { Way } from './kinds.ts';
import { settleMs, type UnevenPodsOptions } from './options.ts';
import { unevenPodsPage } from './page.ts';
import { laterOf, printUnevenPods } from './print.ts';
import type { UnevenPodsReport, UnevenPodsRow } from './report.ts';
import { busiestOf, underWay } from './under-way.ts';

/** Where the clients of a way call, or why they cannot. */
type Target = Omit<FleetClient, 'ratePerSecond'> | NoFleet;

interface Stage {
  /** Names, the slow ones last. */
  readonly pods: readonly string[];
  target(way: Way, client: number): Target;
}

/** Lets all ways call the same pods at the same time; the answer is the exit code. */
export function measureUnevenPods(options: UnevenPodsOptions, output: Output): Promise<number> {
  const startedAt = new Date();
  return runInLab<UnevenPodsReport>({
    lab: { seed: options.seed },
    output,
    shown: {
      print: printUnevenPods,
      page: unevenPodsPage,
      exitCode: exitCodeOf,
    },
    async measure(lab, progress, signal) {
      const stage = await setStage(lab, options);
      const opened: [Way, Fleet | NoFleet][] = [];
      const fleets = () => opened.flatMap(([, fleet]) => (fleet instanceof Fleet ? [fleet] : []));
      try {
        progress.step(`connecting ${options.clients} clients of each way`);
        const open = async (way: Way): Promise<[Way, Fleet | NoFleet]> => [
          way,
          await openWay(stage, way, options, signal),
        ];
        opened.push(...(await Promise.all(options.ways.map(open))));
        const fromMs = await callAll(fleets(), options, progress, signal);
        const rows = opened.map(
          ([way, fleet]): UnevenPodsRow =>
            fleet instanceof Fleet ? rowOf(way, fleet, stage.pods, fromMs, options) : { way, ...fleet },
        );
        const { pods, slow, latencyMs, slower, clients, ratePerSecond, deadlineMs, windowMs, seed } = options;
        return {
          ...{ schemaVersion: 1, kind: 'uneven-pods' },
          ...{ startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime() },
          conditions: {
            ...{ versions: await versions(), machine: machine(), seed, pods, slow, latencyMs },
            ...{ slowLatencyMs: latencyMs * slower, clients, ratePerSecond, deadlineMs, windowMs },
          },
          ...{ rows, interrupted: signal.aborted, conclusion: concludeUnevenPods(rows, signal.aborted) },
        };
      } finally {
        await Promise.all(fleets().map((fleet) => fleet.close()));
      }
    },
  });
}

async function setStage(lab: Lab, { pods, slow, latencyMs, slower, ways }: UnevenPodsOptions): Promise<Stage> {
  const template = templates[backendNames.grpc];
  const taking = (ms: number) => ({
    ...template,
    env: { ...template.env, EVENKEEL_LATENCY_MS: String(ms) },
  });
  lab.createDeployment({ name: 'ordinary', replicas: pods - slow, template: taking(latencyMs) });
  lab.createDeployment({ name: 'slow', replicas: slow, template: taking(latencyMs * slower) });
  const selector = ['ordinary', 'slow'];
  const byXds = ways.filter((way) => way !== 'least request');
  for (const name of byXds) {
    const ports = [{ name: 'grpc', port: grpcPort, appProtocol: 'grpc' }];
    await lab.createService({ name, headless: true, selector, ports });
  }
  const all = (await Promise.all(selector.map((name) => lab.ready(name)))).flat();
  const services = byXds.map((name) => ({ name, discovery: 'file', balance: name === 'turns' ? 'calls' : name }));
  const config = { apiVersion: 'evenkeel.dev/v1', kind: 'Config', services };
  const plane = await lab.deployControlPlane({ mode: 'file', args: ['--load-reports'], config });
  await lab.ready(plane.deployment);
  const envoy = ways.includes('least request') ? await startLeastRequest(lab, all) : undefined;
  return {
    pods: all.map(({ name }) => name),
    target: (way, client) => {
      if (way === 'least request') return envoy!;
      const nodeId = `${way}-front-${client}`;
      return {
        target: `xds:///${way}`,
        bootstrap: clientBootstrap({ server: plane.xdsAddress, nodeId, workload: 'front' }, {}),
      };
    },
  };
}

async function startLeastRequest(lab: Lab, pods: ReturnType<Lab['pods']>): Promise<Target> {
  const binary = await chooseEnvoy();
  if (typeof binary !== 'string') return { status: 'skipped', reason: binary.missing };
  const at = await startEnvoy(
    lab,
    binary,
    pods.map(({ ip, ports: [port] }) => ({ ip, port: port!.port })),
  );
  return { target: at.least_request };
}

async function openWay(
  stage: Stage,
  way: Way,
  { clients, ratePerSecond, deadlineMs }: UnevenPodsOptions,
  signal: AbortSignal,
): Promise<Fleet | NoFleet> {
  const targets = Array.from({ length: clients }, (_, client) => stage.target(way, client));
  const missing = targets.find((target) => 'reason' in target);
  if (missing !== undefined) return missing;
  const config = targets.map((target) => ({ ...(target as FleetClient), ratePerSecond: ratePerSecond / clients }));
  return openFleet({ clients: config, deadlineMs }, signal);
}

/** Resolves, once all have called, with when they began. Ended early, there has to be a window. */
async function callAll(
  fleets: readonly Fleet[],
  { windowMs, lastsMs }: UnevenPodsOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<number> {
  for (const fleet of fleets) fleet.start();
  const fromMs = timeStamp();
  progress.step(`calling for ${lastsMs / 1_000} s`);
  try {
    await sleep(lastsMs, undefined, { signal });
    await Promise.all(fleets.map((fleet) => fleet.stop()));
  } catch (thrown) {
    if (!signal.aborted || timeStamp() - fromMs < windowMs) throw thrown;
  }
  return fromMs;
}

function rowOf(
  way: Way,
  { calls }: Fleet,
  pods: readonly string[],
  fromMs: number,
  { windowMs, lastsMs, deadlineMs }: UnevenPodsOptions,
): UnevenPodsRow {
  const calledMs = Math.min(lastsMs, timeStamp() - fromMs);
  const windows = underWay(calls, pods, { fromMs, windowMs, count: Math.floor(calledMs / windowMs) });
  const later = laterOf(windows);
  const { failed, failures } = addUp(calls, deadlineMs);
  const { p50, p99 } = addUp(
    calls.filter(({ dueAt }) => dueAt >= fromMs + settleMs),
    deadlineMs,
  ).latencyOfAllMs;
  return {
    ...{ way, status: 'ok', calls: calls.length, failed, failures, p50Ms: p50, p99Ms: p99, windows },
    afterMinute: busiestOf(pods.map((_, pod) => sum(later, (window) => window.underWay[pod]!))),
  };
}
