import type { HeardCalls, PlanClient } from './plan-input.ts';

/** Calls of the whole window below which nothing is heard; fewer say little about who makes them. */
const fewestCalls = 100;
/** What an idle client counts for, of the mean: it may begin to call, and has to be given pods. */
const idleWeight = 0.02;
/** Share of a zone that demand may move before a plan follows. */
const deadBand = 0.015;
/** How near it then comes, and the part of the way that it goes each time. */
const nearEnough = 0.004;
const step = 0.5;

/** Calls that clients are taken to make. */
export interface Demand {
  /** Of one client, by {@link weightKey}, where 1 is the mean of all. */
  readonly weights: Readonly<Record<string, number>>;
  /** Whether it is on the way to what is heard. */
  readonly following: boolean;
}

/** Clients of one caller in one zone are taken to be alike. */
export function weightKey({ caller = '', zone }: Pick<PlanClient, 'caller' | 'zone'>): string {
  return `${caller} ${zone}`;
}

/**
 * Calls that clients are taken to make: what was heard of their caller, or the same for all where nothing is heard. Damped: what
 * was assumed before holds while the shares of zones are near it; once they are not, it is left by half of the way at a time. Pure.
 *
 * @param before - what was assumed in the plan before
 */
export function demandOf(clients: readonly PlanClient[], heard: readonly HeardCalls[], before: Demand): Demand {
  const groups = Map.groupBy(clients, weightKey);
  const fresh = freshWeights(groups, heard);
  if (Object.keys(before.weights).length === 0) return { weights: fresh, following: false };
  // A caller that came is taken as heard; the others as before.
  const kept = normalized(groups, (key) => before.weights[key] ?? fresh[key]!);
  const isFar = zonesDiffer(groups, kept, fresh, before.following ? nearEnough : deadBand);
  if (!isFar) return { weights: kept, following: false };
  return { weights: normalized(groups, (key) => kept[key]! + step * (fresh[key]! - kept[key]!)), following: true };
}

type Groups = ReadonlyMap<string, readonly PlanClient[]>;

function freshWeights(groups: Groups, heard: readonly HeardCalls[]): Record<string, number> {
  const calls = new Map<string, number>();
  let total = 0;
  for (const one of heard) {
    calls.set(weightKey(one), (calls.get(weightKey(one)) ?? 0) + one.calls);
    total += one.calls;
  }
  if (total < fewestCalls) return normalized(groups, () => 1);
  let known = 0;
  let callers = 0;
  for (const [key, clients] of groups) {
    if (!calls.has(key)) continue;
    known += calls.get(key)!;
    callers += clients.length;
  }
  if (known === 0) return normalized(groups, () => 1);
  const mean = known / callers;
  return normalized(groups, (key, clients) => {
    const sum = calls.get(key);
    if (sum !== undefined) return Math.max(sum / clients.length, idleWeight * mean);
    return clients.some(({ reports }) => reports !== true) ? mean : idleWeight * mean;
  });
}

/** Scaled so that the mean of all clients is 1, and rounded, so that a recorded plan can be read. */
function normalized(
  groups: Groups,
  of: (key: string, clients: readonly PlanClient[]) => number,
): Record<string, number> {
  let sum = 0;
  let count = 0;
  const weights = [...groups].map(([key, clients]): [string, number] => {
    const weight = of(key, clients);
    sum += weight * clients.length;
    count += clients.length;
    return [key, weight];
  });
  const scale = sum === 0 ? 1 : count / sum;
  return Object.fromEntries(weights.map(([key, weight]) => [key, Math.round(weight * scale * 1e6) / 1e6]));
}

function zonesDiffer(
  groups: Groups,
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
  most: number,
): boolean {
  const difference = new Map<string, number>();
  let all = 0;
  for (const [key, clients] of groups) {
    const { zone } = clients[0]!;
    all += clients.length;
    difference.set(zone, (difference.get(zone) ?? 0) + (other[key]! - one[key]!) * clients.length);
  }
  return [...difference.values()].some((calls) => Math.abs(calls) > most * all);
}
