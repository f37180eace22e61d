import { sum } from '../base/sum.ts';
import type { PlanClient, PlanInput, PlanPod, PlanPolicy, WeightedState } from './plan-input.ts';
import type { Place } from './transport.ts';

/** The heaviest pod of a place has this weight. */
const heaviest = 1_000;
/** Weights that are off by no more than this part of a pod's share are left as they are. */
const deadBand = 0.02;
/** With so many clients, sets of whole pods are as fine as they have to be, and a client's turns are exact. */
const manyClients = 8;
/** Weighted localities cost C-core a time that grows with the square of their number. */
const manyPods = 200;

/** Clients of one place that follow weights. */
export interface Weighted extends WeightedState {
  readonly clients: readonly string[];
  /** Calls that they make. */
  readonly calls: number;
}

/**
 * Whether a client that comes is to follow weights, where it can: it stays so, as a client that changes its policy connects to
 * every pod anew. Where there are few clients and some pods are nearer than others, and where shares move all the time: what it
 * picks is chance then, and right on average. Pure.
 *
 * @param clients - that are there already
 */
export function wantsWeights(policy: PlanPolicy, clients: number, pods: number): boolean {
  return hasWeights(policy) && (policy.balance === 'work' || clients < manyClients) && pods <= manyPods;
}

/** Whether a plan has weights for clients that follow them: not where they have weights of their own. Pure. */
export function hasWeights({ prefer, subset, balance }: PlanPolicy): boolean {
  return subset === undefined && balance !== 'utilization' && (prefer !== undefined || balance === 'work');
}

/** The weights of each place that has clients which follow them. Pure. */
export function weighPods(
  clients: readonly PlanClient[],
  { pods, state }: Pick<PlanInput, 'pods' | 'state'>,
  places: readonly Place[],
  flows: readonly Float64Array[],
  placeOf: (client: PlanClient) => string,
  callsOf: (client: PlanClient) => number,
): Weighted[] {
  const indexOf = new Map(places.map(({ key }, index) => [key, index]));
  return [...Map.groupBy(clients, placeOf)].map(([place, there]) => ({
    ...weightsOf(place, flows[indexOf.get(place)!]!, pods, state?.weighted),
    clients: there.map(({ id }) => id),
    calls: sum(there, callsOf),
  }));
}

function weightsOf(
  place: string,
  shares: Float64Array,
  pods: readonly PlanPod[],
  before: readonly WeightedState[] = [],
): WeightedState {
  const most = shares.reduce((max, share) => Math.max(max, share), 0);
  const given = [...shares.keys()].filter((pod) => shares[pod]! > 1e-9);
  const keys = given.map((pod) => pods[pod]!.key);
  const known = before.find((one) => one.place === place);
  if (known !== undefined && String(known.pods) === String(keys)) {
    const all = sum(known.weights, (weight) => weight);
    const isNear = given.every((pod, at) => Math.abs(known.weights[at]! / all / shares[pod]! - 1) <= deadBand);
    if (isNear) return known;
  }
  return {
    place,
    pods: keys,
    weights: given.map((pod) => Math.max(1, Math.round((shares[pod]! / most) * heaviest))),
  };
}
