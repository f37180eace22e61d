import type { PlanClient, PlanPod, SeatState } from './plan-input.ts';

/** The pods of a client. */
interface Holding {
  readonly id: string;
  readonly pods: Set<number>;
  /** Whether a pod of it was exchanged already: one at most is, each time. */
  moved: boolean;
}

/**
 * Gives each client so many pods, so that every pod has the same number of clients, or one more. Pure.
 *
 * Clients keep what they have: one that lost a pod takes one of those with the fewest clients, and a pod that came takes clients of those
 * with the most, one pod of a client at most, so that what is exchanged is what has to be. In the first plan pods are dealt round
 * after round; clients that come take the pods with the fewest.
 *
 * @param size - pods of a client; where there are no more than that all clients have all
 * @returns indices of pods by client, in the order of the clients, each sorted
 */
export function spreadSubsets(
  clients: readonly PlanClient[],
  pods: readonly PlanPod[],
  size: number,
  before: readonly SeatState[],
): number[][] {
  if (pods.length <= size) return clients.map(() => [...pods.keys()]);
  const indexOf = new Map(pods.map(({ key }, index) => [key, index]));
  const held = new Map(before.flatMap((seat) => seat.clients.map((id) => [id, seat.pods] as const)));
  const levels = new Levels(pods.length);
  const holdings = clients.map(({ id }): Holding => {
    const kept = (held.get(id) ?? []).flatMap((key) => indexOf.get(key) ?? []).slice(0, size);
    for (const pod of kept) levels.add(pod, id);
    return { id, pods: new Set(kept), moved: kept.length > 0 && kept.length < size };
  });
  const byId = new Map(holdings.map((holding) => [holding.id, holding]));
  for (const holding of holdings) {
    while (holding.pods.size < size)
      give(
        levels,
        holding,
        levels.lowest((pod) => !holding.pods.has(pod)),
      );
  }
  even(levels, byId);
  return holdings.map((holding) => [...holding.pods].sort((a, b) => a - b));
}

/** Takes clients from pods that have too many for those that have too few, until they differ by one at most. */
function even(levels: Levels, byId: ReadonlyMap<string, Holding>): void {
  // A client that exchanged a pod already is asked for another one only where nobody else can.
  for (const again of [false, true]) {
    for (;;) {
      const low = levels.lowest(() => true);
      const exchange = levels.highest(levels.countOf(low) + 2, (pod) => {
        for (const id of levels.clientsOf(pod)) {
          const holding = byId.get(id)!;
          if (!holding.pods.has(low) && (again || !holding.moved)) return holding;
        }
        return undefined;
      });
      if (exchange === undefined) break;
      const { pod, holding } = exchange;
      holding.pods.delete(pod);
      levels.remove(pod, holding.id);
      give(levels, holding, low);
      holding.moved = true;
    }
  }
}

function give(levels: Levels, { id, pods }: Holding, pod: number): void {
  pods.add(pod);
  levels.add(pod, id);
}

/** Pods by how many clients they have. */
class Levels {
  readonly #clients: Set<string>[];
  readonly #byCount: Set<number>[] = [];

  constructor(pods: number) {
    this.#clients = Array.from({ length: pods }, () => new Set());
    this.#byCount[0] = new Set(this.#clients.keys());
  }

  countOf(pod: number): number {
    return this.#clients[pod]!.size;
  }

  clientsOf(pod: number): Iterable<string> {
    return this.#clients[pod]!;
  }

  add(pod: number, client: string): void {
    this.#move(pod, () => this.#clients[pod]!.add(client));
  }

  remove(pod: number, client: string): void {
    this.#move(pod, () => this.#clients[pod]!.delete(client));
  }

  /** A pod with the fewest clients of those that fit; there has to be one. */
  lowest(fits: (pod: number) => boolean): number {
    for (const pods of this.#byCount) for (const pod of pods ?? []) if (fits(pod)) return pod;
    throw new RangeError('no pod fits');
  }

  /** A pod with the most clients, `least` or more, that has one to give. */
  highest(
    least: number,
    find: (pod: number) => Holding | undefined,
  ): { readonly pod: number; readonly holding: Holding } | undefined {
    for (let count = this.#byCount.length - 1; count >= least; count--) {
      for (const pod of this.#byCount[count] ?? []) {
        const holding = find(pod);
        if (holding !== undefined) return { pod, holding };
      }
    }
    return undefined;
  }

  #move(pod: number, change: () => void): void {
    this.#byCount[this.countOf(pod)]!.delete(pod);
    change();
    const count = this.countOf(pod);
    let level = this.#byCount[count];
    if (level === undefined) {
      level = new Set();
      this.#byCount[count] = level;
    }
    level.add(pod);
  }
}
