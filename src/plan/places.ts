import { weightKey } from './demand.ts';
import type { PlanClient, PlanPod, PlanPolicy } from './plan-input.ts';
import type { Place } from './transport.ts';

/**
 * Clients of a place are on so many seats at most: with 14, a pod of another place is off by some 3 % of its calls. Where all
 * clients are in one place, shares of pods that warm up are as fine as the seats are.
 */
export function seatsOfPlace({ prefer }: PlanPolicy): number {
  return prefer === undefined ? 24 : 14;
}

/** The place of a client: its node where that is preferred and has pods, else its zone where one is preferred. */
export function placesFor(
  pods: readonly PlanPod[],
  { prefer }: PlanPolicy,
): (client: PlanClient) => Omit<Place, 'demand'> {
  const nodes = new Set(prefer === 'node' ? pods.map(({ kubeNode }) => kubeNode) : []);
  return ({ zone, kubeNode }) => {
    if (prefer === undefined) return { key: '', zone: '' };
    if (kubeNode !== undefined && nodes.has(kubeNode)) return { key: `${zone}/${kubeNode}`, zone, kubeNode };
    return { key: zone, zone };
  };
}

/** All places that clients are in, and the calls that come from there. */
export function placesOf(
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
