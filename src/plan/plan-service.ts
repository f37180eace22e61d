import { sum } from '../base/sum.ts';
import { type Dealt, deal, type Seat } from './deal.ts';
import { demandOf, weightKey } from './demand.ts';
import { explain } from './explain.ts';
import { placesFor, placesOf, seatsOfPlace } from './places.ts';
import {
  noState,
  type Plan,
  type PlanClient,
  type PlanGroup,
  type PlanInput,
  type PlanPod,
  type PlanPolicy,
} from './plan-input.ts';
import { planSubsets } from './plan-subsets.ts';
import { type Seating, seatClients } from './seats.ts';
import { shareWork } from './share-work.ts';
import { warmthOf } from './slow-start.ts';
import { type Place, transport } from './transport.ts';
import { type Weighted, weighPods } from './weigh-pods.ts';

/** The busiest pod may get so much more than its share before locality is given up for evenness. */
const maxBusiest = 1.05;
/** What of it, from little to all. */
const mixes = [0, 0.1, 0.2, 0.35, 0.5, 0.75, 1];
/**
 * Decides which client is given which pods of a Service port. Pure: the same input gives the same plan, whatever the process.
 *
 * A client makes an exact round over the pods that it is given, so what a pod gets is decided by who sees it. Evenness comes first,
 * then locality, then that a client keeps the pods that it has.
 */
export function planService(input: PlanInput): Plan {
  const { policy, pods, clients, heard = [] } = input;
  if (policy.subset !== undefined) return planSubsets(input, policy.subset);
  const { state = noState } = input;
  const { weights, following } = demandOf(clients, heard, state);
  const placing = placesFor(pods, policy);
  const placeOf = (client: PlanClient) => placing(client).key;
  const [inTurns, followers] = [clients.filter((one) => !one.isWeighted), clients.filter((one) => one.isWeighted)];
  const seatings = seatClients(inTurns, placeOf, weights, state.seats, seatsOfPlace(policy));
  const places = placesOf(clients, placing, weights);
  const calls = sum(places, ({ demand }) => demand);
  const warmth = warmthOf(input, state.since);
  const work = shareWork(input, state.work);
  const parts = warmth.parts.map((part, pod) => part * work.shares[pod]!);
  const room = parts.reduce((all, part) => all + part, 0);
  const targets = parts.map((part) => (calls * part) / room);
  const full = work.shares.map((share) => (calls * share) / room);
  const levels =
    policy.prefer === 'node' ? (['node', 'zone'] as const) : policy.prefer === 'zone' ? (['zone'] as const) : [];
  const flows = transport(
    places,
    pods.map(({ zone, kubeNode }, index) => ({ zone, kubeNode, calls: targets[index]! })),
    levels,
  );
  const weighted = weighPods(followers, input, places, flows, placeOf, (client) => weights[weightKey(client)]!);
  const given = { seatings, weighted, pods, places };
  const { mix, dealt } = dealEvenly({ ...given, flows, targets, full, policy });
  const expected = {
    busiest: rounded(dealt.busiest),
    ...(policy.prefer === undefined
      ? {}
      : {
          away: rounded(awayOf(given, dealt)),
          leastAway: rounded(leastAwayOf(places, flows, pods)),
        }),
  };
  return {
    groups: [
      ...groupsOf(seatings, dealt, pods),
      ...weighted.map((one) => ({ clients: [...one.clients].sort(), pods: one.pods, weights: one.weights })),
    ],
    why: explain({ input, places, flows, mix, expected, warmth, work }),
    expected,
    state: {
      seats: seatings.map(({ place, clients: seated }, index) => ({
        place,
        clients: seated,
        pods: dealt.pods[index]!.map((pod) => pods[pod]!.key),
      })),
      ...(weighted.length === 0
        ? {}
        : {
            weighted: weighted.map(({ place, pods: keys, weights: shares }) => ({
              place,
              pods: keys,
              weights: shares,
            })),
          }),
      weights,
      following,
      ...(policy.slowStartMs === undefined ? {} : { since: warmth.since }),
      ...(work.state === undefined ? {} : { work: work.state }),
    },
    ...earliest(warmth.nextMs, work.nextMs),
  };
}

function earliest(...times: (number | undefined)[]): Pick<Plan, 'nextMs'> {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? {} : { nextMs: Math.min(...known) };
}

/** Who is to be given pods. */
interface Given {
  readonly seatings: readonly Seating[];
  readonly weighted: readonly Weighted[];
  readonly pods: readonly PlanPod[];
  readonly places: readonly Place[];
}

interface Dealing extends Given {
  readonly flows: readonly Float64Array[];
  readonly targets: Float64Array;
  /** The same once all pods are warm. */
  readonly full: Float64Array;
  readonly policy: PlanPolicy;
}

/** Where few clients cannot keep pods even and near at once, they are given pods farther away as well, as little as it takes. */
function dealEvenly({ flows, targets, full, policy, ...given }: Dealing): { mix: number; dealt: Dealt } {
  const { seatings, weighted, pods, places } = given;
  const isSteered = policy.prefer !== undefined || policy.balance === 'work';
  const indexOf = new Map(pods.map(({ key }, index) => [key, index]));
  const placeIndex = new Map(places.map(({ key }, index) => [key, index]));
  // Where no pod is nearer than another everybody sees all that are warm.
  const always = isSteered ? [] : [...targets.keys()].filter((pod) => targets[pod]! >= full[pod]!);
  const held = seatings.map(({ pods: before }) => {
    const left = before?.map((key) => indexOf.get(key)).filter((pod) => pod !== undefined);
    return left && (isSteered ? left : [...new Set([...always, ...left])].sort((a, b) => a - b));
  });
  const calls = targets.reduce((all, target) => all + target, 0);
  const sent = new Float64Array(pods.length);
  for (const one of weighted) {
    const all = sum(one.weights, (weight) => weight);
    for (const [index, key] of one.pods.entries()) sent[indexOf.get(key)!]! += (one.calls * one.weights[index]!) / all;
  }
  const at = (mix: number, keeping: boolean): Dealt => {
    const shares =
      mix === 0
        ? flows
        : flows.map((flow) => flow.map((share, pod) => (1 - mix) * share + (mix * targets[pod]!) / calls));
    const seats = seatings.map((seat, index): Seat => {
      const own = shares[placeIndex.get(seat.place)!]!;
      const before = keeping ? held[index]?.filter((pod) => own[pod]! > 1e-9) : undefined;
      return { calls: seat.calls, shares: own, pods: before };
    });
    return deal(seats, targets, sent, full);
  };
  const first = at(0, true);
  if (first.busiest <= maxBusiest || policy.prefer === undefined || seatings.length === 0)
    return { mix: 0, dealt: first };
  const all = mixes.flatMap((mix) => [
    { mix, dealt: mix === 0 ? first : at(mix, true) },
    // What clients have may be in the way of what is even: then it is dealt anew.
    { mix, dealt: at(mix, false) },
  ]);
  const even = all.filter(({ dealt }) => dealt.busiest <= maxBusiest);
  // Of those that are even the nearest, else the most even.
  const cost = ({ dealt }: { dealt: Dealt }) => (even.length > 0 ? awayOf(given, dealt) : dealt.busiest);
  return (even.length > 0 ? even : all).reduce((best, other) => (cost(other) < cost(best) - 1e-6 ? other : best));
}

/** Seats with the same pods together. */
function groupsOf(seatings: readonly Seating[], dealt: Dealt, pods: readonly PlanPod[]): PlanGroup[] {
  const groups: { clients: string[]; pods: readonly number[] }[] = [];
  for (const [index, { clients }] of seatings.entries()) {
    const set = dealt.pods[index]!;
    const known = groups.find((group) => isSameSet(group.pods, set));
    if (known === undefined) groups.push({ clients: [...clients], pods: set });
    else known.clients.push(...clients);
  }
  return groups.map((group) => ({
    clients: group.clients.sort(),
    pods: group.pods.map((pod) => pods[pod]!.key),
  }));
}

function isSameSet(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((pod, index) => pod === other[index]);
}

/** Part of the calls that leaves its zone, of clients whose zone is known. */
function awayOf({ seatings, weighted, places, pods }: Given, dealt: Dealt): number {
  const zoneOf = new Map(places.map(({ key, zone }) => [key, zone]));
  let away = 0;
  let all = 0;
  for (const [index, { place, calls }] of seatings.entries()) {
    const zone = zoneOf.get(place)!;
    if (zone === '') continue;
    const set = dealt.pods[index]!;
    all += calls;
    away += (calls * set.filter((pod) => pods[pod]!.zone !== zone).length) / Math.max(1, set.length);
  }
  const podZone = new Map(weighted.length === 0 ? [] : pods.map((pod) => [pod.key, pod.zone]));
  for (const { place, calls, pods: keys, weights } of weighted) {
    const zone = zoneOf.get(place)!;
    if (zone === '') continue;
    const elsewhere = sum([...keys.keys()], (at) => (podZone.get(keys[at]!) === zone ? 0 : weights[at]!));
    all += calls;
    away += (calls * elsewhere) / sum(weights, (weight) => weight);
  }
  return all === 0 ? 0 : away / all;
}

function leastAwayOf(places: readonly Place[], flows: readonly Float64Array[], pods: readonly PlanPod[]): number {
  let away = 0;
  let all = 0;
  for (const [index, { zone, demand }] of places.entries()) {
    if (zone === '') continue;
    all += demand;
    flows[index]!.forEach((share, pod) => {
      if (pods[pod]!.zone !== zone) away += demand * share;
    });
  }
  return all === 0 ? 0 : away / all;
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
