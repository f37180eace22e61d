/** Clients that are in one place: a Kubernetes node, a zone, or nobody knows where. */
export interface Place {
  /** Unique. */
  readonly key: string;
  /** Empty where unknown. */
  readonly zone: string;
  readonly kubeNode?: string | undefined;
  /** Calls that come from there; more than 0. */
  readonly demand: number;
}

/** Where a pod is, and the calls that it is to get. */
export interface Target {
  readonly zone: string;
  readonly kubeNode?: string | undefined;
  /** All targets together are all demands together. */
  readonly calls: number;
}

/**
 * How the calls of each place are to be spread over pods so that every pod gets what it is to get and as few as possible leave
 * the node, and then the zone: by place, the part of its calls for each pod. Pure.
 *
 * This is the transport problem with costs that are the same for all pairs of one kind, which has a solution without a search:
 * what a place and the pods of its zone can settle between them they do, and what is left on both sides meets in proportion.
 * So a zone that cannot take its own calls sends the excess, and no more, to those that have room.
 */
export function transport(
  places: readonly Place[],
  targets: readonly Target[],
  levels: readonly ('node' | 'zone')[],
): Float64Array[] {
  const flows = places.map(() => new Float64Array(targets.length));
  const rest = Float64Array.from(places, ({ demand }) => demand);
  const room = Float64Array.from(targets, ({ calls }) => calls);
  for (const level of levels) {
    const keyOf = ({ zone, kubeNode }: Pick<Place, 'zone' | 'kubeNode'>) => (level === 'node' ? kubeNode : zone) ?? '';
    const pods = indicesBy(targets, keyOf);
    for (const [key, from] of indicesBy(places, keyOf)) {
      if (key !== '') settle(flows, rest, room, from, pods.get(key) ?? []);
    }
  }
  settle(flows, rest, room, [...places.keys()], [...targets.keys()]);
  for (const [index, flow] of flows.entries()) {
    const { demand } = places[index]!;
    for (let pod = 0; pod < flow.length; pod++) flow[pod]! /= demand;
  }
  return flows;
}

/** Moves as much as both sides have, from all places in proportion to all pods in proportion. */
function settle(
  flows: readonly Float64Array[],
  rest: Float64Array,
  room: Float64Array,
  from: readonly number[],
  to: readonly number[],
): void {
  const demand = from.reduce((sum, place) => sum + rest[place]!, 0);
  const capacity = to.reduce((sum, pod) => sum + room[pod]!, 0);
  const amount = Math.min(demand, capacity);
  if (amount <= demand * 1e-12) return;
  for (const place of from) {
    const given = (rest[place]! * amount) / demand / capacity;
    const flow = flows[place]!;
    for (const pod of to) flow[pod]! += given * room[pod]!;
    rest[place]! *= 1 - amount / demand;
  }
  for (const pod of to) room[pod]! *= 1 - amount / capacity;
}

function indicesBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, number[]> {
  return Map.groupBy(items.keys(), (index) => keyOf(items[index]!));
}
