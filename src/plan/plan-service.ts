import { type Dealt, deal, type Seat } from './deal.ts';
import { demandOf } from './demand.ts';
import { explain } from './explain.ts';
import { placesFor, placesOf, seatsOfPlace } from './places.ts';
import { noState, type Plan, type PlanGroup, type PlanInput, type PlanPod } from './plan-input.ts';
import { planSubsets } from './plan-subsets.ts';
import { type Seating, seatClients } from './seats.ts';
import { warmthOf } from './slow-start.ts';
import { type Place, transport } from './transport.ts';

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
  const seatings = seatClients(clients, (client) => placing(client).key, weights, state.seats, seatsOfPlace(policy));
  const calls = seatings.reduce((sum, seat) => sum + seat.calls, 0);
  const warmth = warmthOf(input, state.since);
  const room = warmth.parts.reduce((sum, part) => sum + part, 0);
  const targets = warmth.parts.map((part) => (calls * part) / room);
  const places = placesOf(clients, placing, weights);
  const levels =
    policy.prefer === 'node' ? (['node', 'zone'] as const) : policy.prefer === 'zone' ? (['zone'] as const) : [];
  const flows = transport(
    places,
    pods.map(({ zone, kubeNode }, index) => ({ zone, kubeNode, calls: targets[index]! })),
    levels,
  );
  const { mix, dealt } = dealEvenly({ seatings, pods, places, flows, targets, isSteered: policy.prefer !== undefined });
  const expected = {
    busiest: rounded(dealt.busiest),
    ...(policy.prefer === undefined
      ? {}
      : {
          away: rounded(awayOf(seatings, dealt, places, pods)),
          leastAway: rounded(leastAwayOf(places, flows, pods)),
        }),
  };
  return {
    groups: groupsOf(seatings, dealt, pods),
    why: explain({ input, places, flows, mix, expected, warmth }),
    expected,
    state: {
      seats: seatings.map(({ place, clients: seated }, index) => ({
        place,
        clients: seated,
        pods: dealt.pods[index]!.map((pod) => pods[pod]!.key),
      })),
      weights,
      following,
      ...(policy.slowStartMs === undefined ? {} : { since: warmth.since }),
    },
    ...(warmth.nextMs === undefined ? {} : { nextMs: warmth.nextMs }),
  };
}

interface Dealing {
  readonly seatings: readonly Seating[];
  readonly pods: readonly PlanPod[];
  readonly places: readonly Place[];
  readonly flows: readonly Float64Array[];
  readonly targets: Float64Array;
  /** Whether some pods are nearer than others. */
  readonly isSteered: boolean;
}

/** Where few clients cannot keep pods even and near at once, they are given pods farther away as well, as little as it takes. */
function dealEvenly({ seatings, pods, places, flows, targets, isSteered }: Dealing): { mix: number; dealt: Dealt } {
  const indexOf = new Map(pods.map(({ key }, index) => [key, index]));
  const placeIndex = new Map(places.map(({ key }, index) => [key, index]));
  const full = Math.max(...targets);
  // Where no pod is nearer than another everybody sees all that are warm.
  const always = isSteered ? [] : [...targets.keys()].filter((pod) => targets[pod] === full);
  const held = seatings.map(({ pods: before }) => {
    const left = before?.flatMap((key) => indexOf.get(key) ?? []);
    return left && (isSteered ? left : [...new Set([...always, ...left])].sort((a, b) => a - b));
  });
  const calls = targets.reduce((sum, target) => sum + target, 0);
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
    return deal(seats, targets);
  };
  const first = at(0, true);
  if (first.busiest <= maxBusiest || !isSteered) return { mix: 0, dealt: first };
  const all = mixes.flatMap((mix) => [
    { mix, dealt: mix === 0 ? first : at(mix, true) },
    // What clients have may be in the way of what is even: then it is dealt anew.
    { mix, dealt: at(mix, false) },
  ]);
  const even = all.filter(({ dealt }) => dealt.busiest <= maxBusiest);
  // Of those that are even the nearest, else the most even.
  const cost = ({ dealt }: { dealt: Dealt }) =>
    even.length > 0 ? awayOf(seatings, dealt, places, pods) : dealt.busiest;
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
function awayOf(
  seatings: readonly Seating[],
  dealt: Dealt,
  places: readonly Place[],
  pods: readonly PlanPod[],
): number {
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
