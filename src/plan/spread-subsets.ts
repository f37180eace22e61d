import { ClientLevels } from './client-levels.ts';
import type { PlanClient, PlanPod, SeatState } from './plan-input.ts';

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
  const levels = new ClientLevels(pods.length);
  const kept = keptOf(clients, pods, size, before);
  for (const [client, own] of kept.entries()) for (const pod of own) levels.add(pod, client);
  // Whose pod it is, as of the client that is looked at: pods are looked up for every client, so no set is made for each.
  const holder = new Int32Array(pods.length).fill(-1);
  for (const [client, own] of kept.entries()) {
    for (const pod of own) holder[pod] = client;
    for (let count = own.length; count < size; count++) {
      const pod = levels.lowest((one) => holder[one] !== client);
      holder[pod] = client;
      levels.add(pod, client);
    }
  }
  even(
    levels,
    kept.map((own) => own.length > 0 && own.length < size),
  );
  const sets = clients.map((): number[] => []);
  for (const pod of pods.keys()) for (const client of levels.clientsOf(pod)) sets[client]!.push(pod);
  return sets;
}

/** What each client had, of the pods that are there, up to `size`. */
function keptOf(
  clients: readonly PlanClient[],
  pods: readonly PlanPod[],
  size: number,
  before: readonly SeatState[],
): (readonly number[])[] {
  const indexOf = new Map(pods.map(({ key }, index) => [key, index]));
  const held = new Map<string, readonly number[]>();
  for (const seat of before) {
    const own = seat.pods.map((key) => indexOf.get(key)).filter((pod) => pod !== undefined);
    const most = own.slice(0, size);
    for (const id of seat.clients) held.set(id, most);
  }
  return clients.map(({ id }) => held.get(id) ?? []);
}

/**
 * Takes clients from pods that have too many for those that have too few, until they differ by one at most.
 *
 * @param moved - by client: whether a pod of it was exchanged already; one at most is, each time
 */
function even(levels: ClientLevels, moved: boolean[]): void {
  // A client that exchanged a pod already is asked for another one only where nobody else can.
  for (const again of [false, true]) {
    for (;;) {
      const low = levels.lowest(() => true);
      const there = new Set(levels.clientsOf(low));
      const exchange = levels.highest(levels.countOf(low) + 2, (pod) =>
        levels.clientsOf(pod).find((client) => !there.has(client) && (again || !moved[client])),
      );
      if (exchange === undefined) break;
      const { pod, client } = exchange;
      levels.remove(pod, client);
      levels.add(low, client);
      moved[client] = true;
    }
  }
}
