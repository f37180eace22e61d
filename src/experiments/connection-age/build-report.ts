import { toHundredths } from '../../base/hundredths.ts';
import { formatMs } from '../../probe/measure/duration.ts';
import { jitter, meanConvergenceMs, reconnectsPerMinute, worstConvergenceMs } from './model.ts';
import { costOf, type Fleet, recommendAgeMs, reconnectCost } from './recommend.ts';
import type { AgeRow, ConnectionAgeReport } from './report.ts';

/** What was seen of one age; times as they were in the lab. */
export interface MeasuredAge {
  readonly client: 'dns' | 'xds';
  /** In a cluster; undefined: none. */
  readonly ageMs: number | undefined;
  /** How many times shorter it was in the lab. */
  readonly scale: number;
  readonly calls: number;
  readonly failed: number;
  readonly steadyMs: number;
  readonly reconnects: number;
  /** Of each client, its slowest new pod; null: not in time. */
  readonly convergedMs: readonly (number | null)[];
  /** Of each client and new pod. */
  readonly foundMs: readonly (number | null)[];
  readonly latencyMs: AgeRow['latencyMs'];
  readonly cpuMsPerSecond: AgeRow['cpuMsPerSecond'];
  readonly longCall: AgeRow['longCall'];
  readonly scaleOut: AgeRow['scaleOut'];
}

export interface Sweep {
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly conditions: ConnectionAgeReport['conditions'];
  readonly fleet: Fleet;
  readonly ages: readonly MeasuredAge[];
  readonly interrupted: boolean;
}

/** Where the sweep does not show what a reconnect costs: about what a TLS-less one took where it did. */
const assumedReconnectCpuMs = 3;

/** What a poor sample may be off by: reconnects come in whole numbers. */
const countTolerance = 0.35;

/** Puts a sweep together, holds it against the model and derives the recommendation; pure. */
export function buildConnectionAgeReport(sweep: Sweep): ConnectionAgeReport {
  const { conditions, fleet, ages } = sweep;
  const rows = ages.map((age) => toRow(age, conditions));
  const slope = reconnectCost(
    ages
      .filter(
        ({ client, cpuMsPerSecond, steadyMs }) => client === 'dns' && cpuMsPerSecond.pods !== null && steadyMs > 0,
      )
      .map(({ reconnects, steadyMs, cpuMsPerSecond }) => ({
        reconnectsPerSecond: (reconnects * 1000) / steadyMs,
        cpuMsPerSecond: cpuMsPerSecond.clients + cpuMsPerSecond.pods!,
      })),
  );
  const reconnectCpuMs = { value: toHundredths(slope ?? assumedReconnectCpuMs), measured: slope !== null };
  const { ageMs, exactMs } = recommendAgeMs(fleet, reconnectCpuMs.value);
  const cost = rounded(costOf(ageMs, fleet, reconnectCpuMs.value));
  const modelNotes = rows.flatMap(unlikeTheModel);
  const why = `reconnects take ${cores(cost.reconnectCores)}, pods that wait to be found ${cores(cost.idleCores)}: a shorter age costs more of the first, a longer one more of the second`;
  const xds = rows.find(({ client }) => client === 'xds');
  return {
    schemaVersion: 1,
    kind: 'connection-age',
    startedAt: sweep.startedAt.toISOString(),
    durationMs: Math.round(sweep.durationMs),
    conditions,
    rows,
    reconnectCpuMs,
    fleet,
    curve: curveAges(fleet).map((age) => rounded(costOf(age, fleet, reconnectCpuMs.value))),
    recommendation: {
      ...{ ageMs, exactMs: Number.isFinite(exactMs) ? Math.round(exactMs) : null, cost, why },
      connections: fleet.clients * fleet.pods,
    },
    modelHolds: modelNotes.length === 0,
    modelNotes,
    interrupted: sweep.interrupted,
    conclusion: conclude(ageMs, fleet, xds, sweep.interrupted),
  };
}

function toRow(age: MeasuredAge, { dnsMs, podsBefore }: ConnectionAgeReport['conditions']): AgeRow {
  const { ageMs, scale, steadyMs, reconnects, convergedMs, client } = age;
  const setting = ageMs === undefined ? undefined : { ageMs, pods: podsBefore, dnsMs };
  const found = age.foundMs.filter((one) => one !== null);
  const all = found.length === age.foundMs.length && found.length > 0;
  const inCluster = (ms: number): number => Math.round(client === 'xds' ? ms : ms * scale);
  return {
    client,
    ageMs: ageMs ?? null,
    labAgeMs: ageMs === undefined ? null : toHundredths(ageMs / scale),
    scale,
    calls: age.calls,
    failed: age.failed,
    steadyMs: Math.round(steadyMs),
    reconnects,
    reconnectsPerMinute:
      steadyMs === 0 ? 0 : toHundredths((reconnects * 60_000) / steadyMs / scale / convergedMs.length),
    modelReconnectsPerMinute: setting === undefined ? 0 : toHundredths(reconnectsPerMinute(setting)),
    convergedMs: convergedMs.map((one) => (one === null ? null : toHundredths(one))),
    foundMs: age.foundMs.map((one) => (one === null ? null : toHundredths(one))),
    meanConvergedMs: all ? inCluster(found.reduce((sum, one) => sum + one, 0) / found.length) : null,
    worstConvergedMs: all ? inCluster(Math.max(...found)) : null,
    modelMeanMs: setting === undefined ? null : Math.round(meanConvergenceMs(setting)),
    modelWorstMs: setting === undefined ? null : Math.round(worstConvergenceMs(setting)),
    latencyMs: age.latencyMs,
    cpuMsPerSecond: {
      clients: toHundredths(age.cpuMsPerSecond.clients),
      pods: age.cpuMsPerSecond.pods === null ? null : toHundredths(age.cpuMsPerSecond.pods),
    },
    longCall: age.longCall,
    scaleOut: age.scaleOut,
  };
}

/** Where a row is not as the model has it, in a sentence each. */
function unlikeTheModel(row: AgeRow): string[] {
  const notes: string[] = [];
  const { scale } = row;
  const clients = row.convergedMs.length;
  if (row.ageMs === null || row.labAgeMs === null) return notes;
  const name = formatMs(row.ageMs);
  const expected = (row.modelReconnectsPerMinute * scale * clients * row.steadyMs) / 60_000;
  // Connections that were opened together close together, so a window that is no multiple of the age has some more or less.
  const tolerance = expected * (countTolerance + jitter) + clients * 3;
  if (Math.abs(row.reconnects - expected) > tolerance) {
    notes.push(`age ${name}: ${row.reconnects} reconnects, ${Math.round(expected)} by the model`);
  }
  /** Starting a connection takes time that does not shrink with the scale. */
  const overhead = 500 * scale;
  if (row.worstConvergedMs === null) notes.push(`age ${name}: not every client found the new pods`);
  else if (row.worstConvergedMs > row.modelWorstMs! + overhead) {
    notes.push(
      `age ${name}: found after ${formatMs(row.worstConvergedMs)}, at worst ${formatMs(row.modelWorstMs!)} by the model`,
    );
  }
  return notes;
}

function curveAges({ dnsMs }: Fleet): number[] {
  const [from, to, points] = [Math.max(1000, dnsMs / 10), 3_600_000, 60];
  return Array.from({ length: points }, (_, index) => from * (to / from) ** (index / (points - 1)));
}

function conclude(ageMs: number, fleet: Fleet, xds: AgeRow | undefined, interrupted: boolean): string {
  const { clients, pods, scaleOutsPerHour, podsAdded } = fleet;
  const sentences = [
    `For ${clients} clients of ${pods} pods and ${scaleOutsPerHour} scale-outs an hour by ${podsAdded} pods, set MaxConnectionAge to ${formatMs(ageMs)}.`,
    `New pods are then found within ${formatMs(Math.round(ageMs * (1 + jitter) + fleet.dnsMs))}, and each client opens ${toHundredths(reconnectsPerMinute({ ageMs, pods, dnsMs: 0 }))} connections a minute for it.`,
  ];
  if (xds?.worstConvergedMs != null) {
    sentences.push(
      `With xds:/// the question is moot: clients are told of pods instead of finding them by reconnecting, here within ${formatMs(xds.worstConvergedMs)} and without closing a connection.`,
    );
  }
  if (interrupted) sentences.push('The run was ended before every age was measured.');
  return sentences.join(' ');
}

function rounded(cost: ReturnType<typeof costOf>): ReturnType<typeof costOf> {
  const five = (value: number): number => Number(value.toPrecision(5));
  return {
    ageMs: Math.round(cost.ageMs),
    reconnectCores: five(cost.reconnectCores),
    idleCores: five(cost.idleCores),
    totalCores: five(cost.totalCores),
    reconnectsPerSecond: five(cost.reconnectsPerSecond),
    foundWithinMs: Math.round(cost.foundWithinMs),
  };
}

/** `0.12 processors` */
export function cores(value: number): string {
  return `${Number(value.toPrecision(2))} ${value === 1 ? 'processor' : 'processors'}`;
}
