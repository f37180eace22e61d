import { setTimeout as sleep } from 'node:timers/promises';
import { timeStamp } from '../../base/time-stamp.ts';
import { clientBootstrap } from '../../bootstrap/client-bootstrap.ts';
import { backendNames, grpcPort } from '../../environments/backends.ts';
import { templates } from '../../environments/lab/backends.ts';
import { machine } from '../../environments/machine.ts';
import { versions } from '../../environments/versions.ts';
import type { Lab } from '../../lab/index.ts';
import type { Output } from '../../probe/output-flags.ts';
import { Fleet, type NoFleet, openFleet } from '../fleet/fleet.ts';
import type { FleetConfig } from '../fleet/protocol.ts';
import { exitCodeOf } from '../rows.ts';
import { runInLab } from '../run-in-lab.ts';
import { concludeLongStreams } from './conclude.ts';
import type { LongStreamsOptions } from './options.ts';
import { longStreamsPage } from './page.ts';
import { printLongStreams } from './print.ts';
import { type LongStreamsReport, type LongStreamsRow, type Remedy, remedies } from './report.ts';
import { tally, type Watched } from './tally.ts';

/** Beyond the time that a stream lasts by itself, by when all have ended once. */
const watchedParts = 1.1;

const deploymentOf = (remedy: Remedy): string => remedy.replaceAll(/[ _]/g, '-');

/** Scales out under long streams, with each remedy at the same time; the answer is the exit code. */
export function measureLongStreams(options: LongStreamsOptions, output: Output): Promise<number> {
  const startedAt = new Date();
  return runInLab<LongStreamsReport>({
    lab: { seed: options.seed },
    output,
    shown: {
      print: printLongStreams,
      page: longStreamsPage,
      exitCode: exitCodeOf,
    },
    async measure(lab, progress, signal) {
      const { scale, lastsMs, maxDurationMs, ageMs, graceMs } = options;
      const server = await setStage(lab, options);
      const fleets = new Map<Remedy, Fleet>();
      const failed = new Map<Remedy, NoFleet>();
      try {
        for (const remedy of remedies) {
          const opened = await openFleet(fleetOf(remedy, server, options), signal);
          if (opened instanceof Fleet) fleets.set(remedy, opened);
          else failed.set(remedy, opened);
        }
        progress.step('opening streams');
        for (const fleet of fleets.values()) fleet.start();
        await Promise.all([...fleets.values()].map((fleet) => fleet.streaming()));
        const old = new Set(remedies.flatMap((remedy) => lab.pods(deploymentOf(remedy)).map(({ name }) => name)));
        const scaleOutAt = timeStamp();
        progress.step(`${options.pods} → ${options.scaleTo} pods`);
        for (const remedy of remedies) lab.scale(deploymentOf(remedy), options.scaleTo);
        await Promise.all(remedies.map((remedy) => lab.ready(deploymentOf(remedy), options.scaleTo)));
        const readyAt = timeStamp();
        progress.step('watching where streams go');
        await sleep((lastsMs / scale) * watchedParts, undefined, { signal });
        const watched: Watched = { scaleOutAt, readyAt, endAt: timeStamp() };
        await Promise.all([...fleets.values()].map((fleet) => fleet.stop()));
        const rows = remedies.map((remedy): LongStreamsRow => {
          const fleet = fleets.get(remedy);
          if (fleet === undefined) return { remedy, ...failed.get(remedy)! };
          const pods = lab.pods(deploymentOf(remedy)).map(({ name, ip }) => ({
            ...{ name, address: `${ip}:${grpcPort}`, isNew: !old.has(name) },
          }));
          const { calls, connections } = fleet;
          const { clients } = options;
          return { remedy, status: 'ok', ...tally({ calls, connections, pods, clients }, watched, scale) };
        });
        return {
          ...{ schemaVersion: 1, kind: 'long-streams' },
          ...{ startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime() },
          conditions: {
            ...{ versions: await versions(), machine: machine(), seed: options.seed, scale },
            ...{ streams: options.streams, clients: options.clients },
            ...{ podsBefore: options.pods, podsAfter: options.scaleTo, lastsMs, maxDurationMs, ageMs, graceMs },
            watchedMs: Math.round((watched.endAt - readyAt) * scale),
          },
          ...{ rows, interrupted: signal.aborted, conclusion: concludeLongStreams(rows, signal.aborted) },
        };
      } finally {
        await Promise.all([...fleets.values()].map((fleet) => fleet.close()));
      }
    },
  });
}

/** Starts pods and a control plane, and waits until all is ready; resolves with `HOST:PORT` for clients. */
async function setStage(lab: Lab, options: LongStreamsOptions): Promise<string> {
  const { pods, scale, maxDurationMs, ageMs, graceMs } = options;
  const { env, ...ordinary } = templates[backendNames.grpc];
  const here = (ms: number): string => String(Math.max(1, Math.round(ms / scale)));
  const age = { EVENKEEL_MAX_CONNECTION_AGE_MS: here(ageMs) };
  const more: Readonly<Record<Remedy, Record<string, string>>> = {
    ...{ nothing: {}, max_stream_duration: {}, age },
    'age and grace': { ...age, EVENKEEL_MAX_CONNECTION_AGE_GRACE_MS: here(graceMs) },
  };
  for (const remedy of remedies) {
    const name = deploymentOf(remedy);
    lab.createDeployment({ name, replicas: pods, template: { ...ordinary, env: { ...env, ...more[remedy] } } });
    const ports = [{ name: 'grpc', port: grpcPort, appProtocol: 'grpc' }];
    await lab.createService({ name, headless: true, selector: [name], ports });
  }
  await Promise.all(remedies.map((remedy) => lab.ready(deploymentOf(remedy))));
  const services = remedies.map((remedy) => ({
    ...{ name: deploymentOf(remedy), discovery: 'file' },
    ...(remedy === 'max_stream_duration' && { maxStreamDuration: `${here(maxDurationMs)}ms` }),
  }));
  const config = { apiVersion: 'evenkeel.dev/v1', kind: 'Config', services };
  const { deployment, xdsAddress } = await lab.deployControlPlane({ mode: 'file', config });
  await lab.ready(deployment);
  return xdsAddress;
}

/** What is done at intervals is not done by all at the same time in a fleet. */
function beginWithinMs({ scale, maxDurationMs, ageMs }: LongStreamsOptions): number {
  return Math.max(maxDurationMs, ageMs) / scale;
}

function fleetOf(remedy: Remedy, server: string, options: LongStreamsOptions): Omit<FleetConfig, 'withinMs'> {
  const name = deploymentOf(remedy);
  return {
    clients: Array.from({ length: options.clients }, (_, number) => ({
      target: `xds:///${name}`,
      bootstrap: clientBootstrap({ server, nodeId: `${name}-${number}`, namespace: 'default' }, {}),
      ratePerSecond: 0,
    })),
    deadlineMs: 0,
    streams: {
      perClient: options.streams / options.clients,
      lastsMs: options.lastsMs / options.scale,
      beginWithinMs: beginWithinMs(options),
      seed: options.seed,
    },
  };
}
