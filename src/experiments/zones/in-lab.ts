import { setTimeout as sleep } from 'node:timers/promises';
import { timeStamp } from '../../base/time-stamp.ts';
import { machine } from '../../environments/machine.ts';
import { versions } from '../../environments/versions.ts';
import type { Lab } from '../../lab/index.ts';
import type { Progress } from '../../probe/index.ts';
import { addUp } from '../../probe/load/add-up.ts';
import type { Output } from '../../probe/output-flags.ts';
import { Fleet, type NoFleet, openFleet } from '../fleet/fleet.ts';
import { exitCodeOf } from '../rows.ts';
import { runInLab } from '../run-in-lab.ts';
import { concludeZones } from './conclude.ts';
import type { Way } from './kinds.ts';
import type { ZonesOptions } from './options.ts';
import { zonesPage } from './page.ts';
import { printZones } from './print.ts';
import type { ZonesReport, ZonesRow } from './report.ts';
import { deploymentOf, nodesOf, setZonesStage, type ZonesStage } from './stage.ts';
import { type Span, tally } from './tally.ts';

/** A fleet that calls, or why it does not. */
interface Calling {
  readonly way: Way;
  readonly clients: number;
  readonly zones: readonly number[];
  readonly fleet: Fleet | NoFleet;
}

/** Lets all fleets call the same pods at the same time while one zone loses its pods; the answer is the exit code. */
export function measureZones(options: ZonesOptions, output: Output): Promise<number> {
  const startedAt = new Date();
  return runInLab<ZonesReport>({
    lab: { seed: options.seed, nodes: nodesOf(options) },
    output,
    shown: {
      print: printZones,
      page: zonesPage,
      exitCode: exitCodeOf,
    },
    async measure(lab, progress, signal) {
      const stage = await setZonesStage(lab, options);
      const calling: Calling[] = [];
      try {
        for (const clients of options.clients) {
          for (const way of options.ways) {
            progress.step(`connecting ${clients} clients, ${way}`);
            calling.push(await open(stage, way, clients, options, signal));
          }
        }
        const zoneOfPod = new Map(stage.pods().flatMap((pods, zone) => pods.map((pod) => [pod, zone] as const)));
        const spans = await loseZone(lab, stage, calling, options, progress, signal);
        const rows = calling.map((one) => rowOf(one, spans, zoneOfPod, options));
        const { pods, callers, ratePerSecond, deadlineMs, settleMs, steadyMs, eachMs, seed } = options;
        return {
          ...{ schemaVersion: 1, kind: 'zones' },
          ...{ startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime() },
          conditions: {
            ...{ versions: await versions(), machine: machine(), seed, pods: [...pods], callers: [...callers] },
            ...{ ratePerSecond, deadlineMs, settleMs, steadyMs, eachMs },
          },
          ...{ rows, interrupted: signal.aborted, conclusion: concludeZones(rows, signal.aborted) },
        };
      } finally {
        await Promise.all(calling.map(({ fleet }) => (fleet instanceof Fleet ? fleet.close() : undefined)));
        await stage.close();
      }
    },
  });
}

async function open(
  stage: ZonesStage,
  way: Way,
  count: number,
  { deadlineMs }: ZonesOptions,
  signal: AbortSignal,
): Promise<Calling> {
  const reason = stage.missing(way);
  if (reason !== undefined) return { way, clients: count, zones: [], fleet: { status: 'skipped', reason } };
  const { clients, zones } = stage.fleet(way, count);
  return { way, clients: count, zones, fleet: await openFleet({ clients, deadlineMs }, signal) };
}

/** All call; the first zone loses pod after pod. Resolves with the times in which nothing changed, as far as it came. */
async function loseZone(
  lab: Lab,
  stage: ZonesStage,
  calling: readonly Calling[],
  { pods, settleMs, steadyMs, eachMs }: ZonesOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Span[]> {
  const fleets = calling.flatMap(({ fleet }) => (fleet instanceof Fleet ? [fleet] : []));
  const deployment = deploymentOf(nodesOf({ pods })[0]!);
  const spans: Span[] = [];
  /** Resolves once so much time has gone, of which the last part counts. */
  const span = async (lasts: number, counts: number): Promise<void> => {
    const sinceMs = timeStamp();
    await sleep(lasts - counts, undefined, { signal });
    const begun = { sinceMs, fromMs: timeStamp(), pods: stage.pods().map(({ length }) => length) };
    await sleep(counts, undefined, { signal });
    spans.push({ ...begun, toMs: timeStamp() });
  };
  for (const fleet of fleets) fleet.start();
  try {
    progress.step('waiting until everybody has settled');
    await sleep(settleMs, undefined, { signal });
    progress.step('counting with all pods');
    await span(steadyMs, steadyMs);
    for (let left = pods[0]! - 1; left >= 0; left--) {
      progress.step(`the first zone has ${left} of ${pods[0]} pods`);
      lab.scale(deployment, left);
      await (left === 0 ? span(eachMs + steadyMs, steadyMs) : span(eachMs, eachMs / 2));
    }
    await Promise.all(fleets.map((fleet) => fleet.stop()));
  } catch (thrown) {
    if (!signal.aborted || spans.length === 0) throw thrown;
  }
  return spans;
}

function rowOf(
  { way, clients, zones, fleet }: Calling,
  spans: readonly Span[],
  zoneOfPod: ReadonlyMap<string, number>,
  { callers, deadlineMs }: ZonesOptions,
): ZonesRow {
  if (!(fleet instanceof Fleet)) return { way, clients, ...fleet };
  const counted = fleet.calls.filter(({ sentAt }) => sentAt >= spans[0]!.fromMs);
  const { failed, failures } = addUp(counted, deadlineMs);
  const stages = spans.map((span) => tally(counted, span, zones, zoneOfPod, callers));
  return { way, clients, status: 'ok', calls: counted.length, failed, failures, stages };
}
