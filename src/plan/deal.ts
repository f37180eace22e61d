import { chooseSet } from './choose-set.ts';

/** Clients that are given the same pods. */
export interface Seat {
  /** Calls that they make. */
  readonly calls: number;
  /** Part of them that is to go to each pod. */
  readonly shares: Float64Array;
  /** Indices of the pods that they have; undefined: none yet. */
  readonly pods: readonly number[] | undefined;
}

export interface Dealt {
  /** Indices of pods, by seat. */
  readonly pods: readonly (readonly number[])[];
  /** Calls of the busiest pod, over what it is to get once it is warm. */
  readonly busiest: number;
}

/** Pods that are nearer to what they are to get than this part of a fair share are left as they are. */
const deadBand = 0.025;
const maxRounds = 4;
/** A pod that clients have counts as lacking this part of what they send it more, so that equals are not exchanged. */
const loyalty = 0.3;

/**
 * Gives each seat a set of pods so that all pods get what they are to get, though a client calls each pod of its set equally often.
 * Pure, and the same for the same input.
 *
 * Seats without pods first, then all of them again where a pod is too far from its calls; a seat keeps what it has where
 * another set would not be better. A seat is given only pods that a part of its calls is to go to.
 *
 * @param targets - calls that each pod is to get: the sum over seats of calls × shares, and what is sent
 * @param sent - calls that it gets from others
 * @param full - calls that it is to get once it is warm
 */
export function deal(seats: readonly Seat[], targets: Float64Array, sent: Float64Array, full: Float64Array): Dealt {
  const fair = targets.reduce((most, calls) => Math.max(most, calls), 0);
  const sets = seats.map(({ pods }) => (pods === undefined || pods.length === 0 ? undefined : pods));
  // A seat that has no pods yet counts as if it had the exact shares.
  const lacking = targets.map((calls, pod) => calls - sent[pod]!);
  for (const [index, seat] of seats.entries()) addCalls(lacking, seat, sets[index], -1);
  const candidatesOf = memoize((shares: Float64Array) => {
    const found: number[] = [];
    for (let pod = 0; pod < shares.length; pod++) if (shares[pod]! > 1e-9) found.push(pod);
    return found;
  });
  const wants = new Float64Array(targets.length);
  const bonuses = new Float64Array(targets.length);
  /** Returns whether the seat has another set now. */
  const decide = (index: number): boolean => {
    const seat = seats[index]!;
    const before = sets[index];
    addCalls(lacking, seat, before, 1);
    const candidates = candidatesOf(seat.shares);
    if (before !== undefined) bonuses.fill(0);
    for (const pod of before ?? []) bonuses[pod] = (loyalty * seat.calls) / before!.length;
    for (let at = 0; at < candidates.length; at++) {
      const pod = candidates[at]!;
      wants[at] = before === undefined ? lacking[pod]! : lacking[pod]! + bonuses[pod]!;
    }
    const chosen = chooseSet({ candidates, wants, calls: seat.calls });
    const isBetter =
      before === undefined ||
      changeBy(lacking, seat.calls, chosen) < changeBy(lacking, seat.calls, before) - (fair * 0.01) ** 2;
    if (isBetter) sets[index] = chosen;
    addCalls(lacking, seat, sets[index], -1);
    return isBetter;
  };
  for (const index of seats.keys()) if (sets[index] === undefined) decide(index);
  for (let round = 0; round < maxRounds && isOff(lacking, fair); round++) {
    let changed = false;
    for (const index of seats.keys()) changed = decide(index) || changed;
    if (!changed) break;
  }
  showEverywhere(seats, sets, lacking, targets);
  return { pods: sets.map((pods) => pods ?? []), busiest: busiestOf(lacking, targets, full) };
}

/** A pod that no client sees would never be warm: the seat with the fewest calls for it gets it. */
function showEverywhere(
  seats: readonly Seat[],
  sets: (readonly number[] | undefined)[],
  lacking: Float64Array,
  targets: Float64Array,
): void {
  for (const [pod, target] of targets.entries()) {
    if (lacking[pod]! < target * (1 - 1e-9)) continue;
    let best: number | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [index, { calls, shares }] of seats.entries()) {
      const given = calls / ((sets[index]?.length ?? 0) + 1);
      if (shares[pod]! <= 1e-9 || given >= fewest) continue;
      fewest = given;
      best = index;
    }
    if (best === undefined) continue;
    addCalls(lacking, seats[best]!, sets[best], 1);
    sets[best] = [...sets[best]!, pod].sort((a, b) => a - b);
    addCalls(lacking, seats[best]!, sets[best], -1);
  }
}

/** How the sum of squares changes when so many calls go to these pods in turn. */
function changeBy(lacking: Float64Array, calls: number, pods: readonly number[]): number {
  let wanted = 0;
  for (const pod of pods) wanted += lacking[pod]!;
  return (calls * (calls - 2 * wanted)) / pods.length;
}

function addCalls(
  lacking: Float64Array,
  { calls, shares }: Seat,
  pods: readonly number[] | undefined,
  sign: 1 | -1,
): void {
  if (pods === undefined) {
    for (let pod = 0; pod < shares.length; pod++) lacking[pod]! += sign * calls * shares[pod]!;
    return;
  }
  const each = (sign * calls) / pods.length;
  for (const pod of pods) lacking[pod]! += each;
}

function isOff(lacking: Float64Array, fair: number): boolean {
  return lacking.some((calls) => Math.abs(calls) > deadBand * fair);
}

function busiestOf(lacking: Float64Array, targets: Float64Array, full: Float64Array): number {
  let most = 0;
  for (let pod = 0; pod < targets.length; pod++) {
    if (full[pod]! > 0) most = Math.max(most, (targets[pod]! - lacking[pod]!) / full[pod]!);
  }
  return targets.length === 0 || most === 0 ? 1 : most;
}

function memoize<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = make(key);
      known.set(key, value);
    }
    return value;
  };
}
