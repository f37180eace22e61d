import { sum } from '../base/sum.ts';
import { noState, type Plan, type PlanInput, type PlanPod } from './plan-input.ts';
import { spreadSubsets } from './spread-subsets.ts';

/** A plan of a Service of which each client is given some pods, of the same number. Pure. */
export function planSubsets(input: PlanInput, size: number): Plan {
  const { pods, clients, state = noState } = input;
  const sets = spreadSubsets(clients, pods, size, state.seats);
  const groups = new Map<string, { clients: string[]; pods: string[] }>();
  for (const [index, { id }] of clients.entries()) {
    const set = sets[index]!;
    const key = set.join();
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { clients: [id], pods: set.map((pod) => pods[pod]!.key) });
    else known.clients.push(id);
  }
  const counts = new Array<number>(pods.length).fill(0);
  for (const set of sets) for (const pod of set) counts[pod]! += 1;
  const seats = [...groups.values()].map((group) => ({ place: '', ...group }));
  const mean = sum(counts, (count) => count) / Math.max(1, pods.length);
  return {
    groups: [...groups.values()],
    why: pods.length <= size || clients.length === 0 ? [] : [sentence(input, size, counts)],
    expected: { busiest: mean === 0 ? 1 : Math.round((Math.max(...counts) / mean) * 1e4) / 1e4 },
    state: { ...noState, seats },
  };
}

/** The pods that a client that came is given: those with the fewest clients. Pure. */
export function joinSubset(
  pods: readonly PlanPod[],
  counts: ReadonlyMap<string, number>,
  size: number,
): readonly string[] {
  if (pods.length <= size) return pods.map(({ key }) => key);
  const inOrder = [...pods.keys()].sort((a, b) => counts.get(pods[a]!.key)! - counts.get(pods[b]!.key)!);
  const fewest = inOrder.slice(0, size).sort((a, b) => a - b);
  return fewest.map((index) => pods[index]!.key);
}

function sentence({ pods, clients }: PlanInput, size: number, counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const range = least === most ? String(least) : `${least} or ${most}`;
  return `each of ${clients.length} clients is given ${size} of ${pods.length} pods; a pod has ${range} clients`;
}
