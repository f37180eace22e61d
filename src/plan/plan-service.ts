import { type Dealt, deal, type Seat } from './deal.ts';
import { demandOf, weightKey } from './demand.ts';
import { explain } from './explain.ts';
import type { Plan, PlanClient, PlanGroup, PlanInput, PlanPod, PlanState } from './plan-input.ts';
import { type Seating, seatClients } from './seats.ts';
import { type Place, transport } from './transport.ts';

/**
 * Clients of a place are on so many seats at most: with 14, a pod of another place is off by some 3 % of its calls. Where all
 * clients are in one place, shares of pods that warm up are as fine as the seats are.
 */
const seatsOfPlace = { many: 14, one: 24 };
/** The busiest pod may get so much more than its share before locality is given up for evenness. */
const maxBusiest = 1.05;
/** What of it, from little to all. */
const mixes = [0, 0.1, 0.2, 0.35, 0.5, 0.75, 1];
/** It is taken back only where the busiest pod is so near to its share, or it would come and go. */
const calmBusiest = 1.03;

/**
 * Decides which client is given which pods of a Service port. Pure: the same input gives the same plan, whatever the process.
 *
 * A client makes an exact round over the pods that it is given, so what a pod gets is decided by who sees it. Evenness comes first,
 * then locality, then that a client keeps the pods that it has.
 */
export function planService(input: PlanInput): Plan {
  const { policy, pods, clients, heard = [] } = input;
  const state: PlanState = input.state ?? { seats: [], weights: {}, following: false, mix: 0 };
  const { weights, following } = demandOf(clients, heard, state);
  const placing = placesFor(pods, policy.prefer);
  const seatings = seatClients(
    clients,
    (client) => placing(client).key,
    weights,
    state.seats,
    seatsOfPlace[policy.prefer === undefined ? 'one' : 'many'],
  );
  const calls = seatings.reduce((sum, seat) => sum + seat.calls, 0);
  const targets = Float64Array.from(pods, () => calls / pods.length);
  const places = placesOf(clients, placing, weights);
  const levels =
    policy.prefer === 'node' ? (['node', 'zone'] as const) : policy.prefer === 'zone' ? (['zone'] as const) : [];
  const flows = transport(
    places,
    pods.map(({ zone, kubeNode }, index) => ({ zone, kubeNode, calls: targets[index]! })),
    levels,
  );
  const { mix, dealt } = dealEvenly({ seatings, pods, places, flows, targets, state });
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
    why: explain({ input, places, flows, mix, expected }),
    expected,
    state: {
      seats: seatings.map(({ place, clients: seated }, index) => ({
        place,
        clients: seated,
        pods: dealt.pods[index]!.map((pod) => pods[pod]!.key),
      })),
      weights,
      following,
      mix,
    },
  };
}

/** The place of a client: its node where that is preferred and has pods, else its zone where one is preferred. */
function placesFor(pods: readonly PlanPod[], prefer: 'zone' | 'node' | undefined) {
  const nodes = new Set(prefer === 'node' ? pods.map(({ kubeNode }) => kubeNode) : []);
  return ({ zone, kubeNode }: PlanClient): Omit<Place, 'demand'> => {
    if (prefer === undefined) return { key: '', zone: '' };
    if (kubeNode !== undefined && nodes.has(kubeNode)) return { key: `${zone}/${kubeNode}`, zone, kubeNode };
    return { key: zone, zone };
  };
}

function placesOf(
  clients: readonly PlanClient[],
  placing: (client: PlanClient) => Omit<Place, 'demand'>,
  weights: Readonly<Record<string, number>>,
): Place[] {
  const places = new Map<string, { -readonly [Key in keyof Place]: Place[Key] }>();
  for (const client of clients) {
    const place = placing(client);
    const known = places.get(place.key);
    const calls = weights[weightKey(client)]!;
    if (known === undefined) places.set(place.key, { ...place, demand: calls });
    else known.demand += calls;
  }
  return [...places.values()];
}

interface Dealing {
  readonly seatings: readonly Seating[];
  readonly pods: readonly PlanPod[];
  readonly places: readonly Place[];
  readonly flows: readonly Float64Array[];
  readonly targets: Float64Array;
  readonly state: PlanState;
}

/** Where few clients cannot keep pods even and near at once, they are given pods farther away as well, as little as it takes. */
function dealEvenly({ seatings, pods, places, flows, targets, state }: Dealing): { mix: number; dealt: Dealt } {
  const indexOf = new Map(pods.map(({ key }, index) => [key, index]));
  const placeIndex = new Map(places.map(({ key }, index) => [key, index]));
  const held = seatings.map(({ pods: before }) => before?.flatMap((key) => indexOf.get(key) ?? []));
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
  let best: { mix: number; dealt: Dealt } | undefined;
  for (const mix of mixes) {
    // What clients have may be in the way of what is even: then it is dealt anew.
    for (const keeping of [true, false]) {
      const dealt = at(mix, keeping);
      if (dealt.busiest <= (mix < state.mix ? calmBusiest : maxBusiest)) return { mix, dealt };
      if (best === undefined || dealt.busiest < best.dealt.busiest - 0.01) best = { mix, dealt };
    }
  }
  return best!;
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
