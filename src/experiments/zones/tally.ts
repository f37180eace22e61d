import { sum } from '../../base/sum.ts';
import type { FleetCall } from '../fleet/protocol.ts';
import type { ZonesStage } from './report.ts';

/** A time in which nothing changes. */
export interface Span {
  /** When what is before it ended: calls that fail count from then on. */
  readonly sinceMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Ready pods of each zone. */
  readonly pods: readonly number[];
}

/** How many of so many clients are in each zone: by the shares of its callers, one at least. Pure. */
export function clientsOfZones(clients: number, callers: readonly number[]): number[] {
  const counts = callers.map(() => 1);
  for (let left = clients - callers.length; left > 0; left--) {
    // To the zone that is furthest below its share (the method of Sainte-Laguë).
    const next = counts
      .map((count, zone) => ({ zone, want: callers[zone]! / (2 * count + 1) }))
      .sort((a, b) => b.want - a.want)[0]!.zone;
    counts[next] = counts[next]! + 1;
  }
  return counts;
}

/** The least part of calls that has to leave its zone if all pods get the same. Pure. */
export function leastAway(pods: readonly number[], callers: readonly number[]): number {
  const all = total(pods);
  return total(callers.map((share, zone) => Math.max(0, share / 100 - pods[zone]! / all)));
}

/**
 * What became of the calls that were sent in a span. Pure.
 *
 * @param zoneOfClient - by the client's place
 * @param zoneOfPod - by the pod's name
 */
export function tally(
  calls: readonly FleetCall[],
  { sinceMs, fromMs, toMs, pods }: Span,
  zoneOfClient: readonly number[],
  zoneOfPod: ReadonlyMap<string, number>,
  callers: readonly number[],
): ZonesStage {
  const byPod = new Map<string, number>();
  let away = 0;
  let answered = 0;
  let failed = 0;
  for (const { client, sentAt, status, pod } of calls) {
    if (sentAt >= sinceMs && sentAt < toMs && status !== 'OK') failed += 1;
    if (sentAt < fromMs || sentAt >= toMs || status !== 'OK' || pod === undefined) continue;
    answered += 1;
    byPod.set(pod, (byPod.get(pod) ?? 0) + 1);
    if (zoneOfPod.get(pod) !== zoneOfClient[client]) away += 1;
  }
  const busiest = Math.max(0, ...byPod.values());
  return {
    ...{ pods: total(pods), answered, failed, leastAway: leastAway(pods, callers) },
    busiest: answered === 0 ? null : (busiest * total(pods)) / answered,
    away: answered === 0 ? null : away / answered,
  };
}

function total(numbers: readonly number[]): number {
  return sum(numbers, (number) => number);
}
