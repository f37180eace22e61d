/** Pods that a client could be given, and how far each is from what it is to get without this client. */
export interface Choice {
  /** Indices of pods. */
  readonly candidates: readonly number[];
  /** Calls that each candidate lacks, in their order; negative: it has too many. */
  readonly wants: Float64Array;
  /** Calls that are to be spread over the chosen pods, the same to each. */
  readonly calls: number;
}

/** Room for the sorting of one choice after the other. */
let sorted = new Float64Array(0);

/**
 * The pods that a client is given: those for which the sum of squares of what pods lack gets least when the client's calls go to
 * them in turn, each the same number. Pure.
 *
 * For a set of m pods the sum changes by `calls² / m − 2 · calls / m · (sum of their wants)`: so of each size the pods that lack most
 * are best, and the best size is found in one pass over the sorted wants. Equal pods are all in or all out, but for the last ones,
 * of which the first are taken.
 */
export function chooseSet({ candidates, wants, calls }: Choice): number[] {
  const count = candidates.length;
  if (sorted.length < count) sorted = new Float64Array(2 * count);
  const order = sorted.subarray(0, count);
  order.set(wants.subarray(0, count));
  order.sort();
  let best = Number.POSITIVE_INFINITY;
  let size = 1;
  let sum = 0;
  for (let taken = 1; taken <= count; taken++) {
    sum += order[count - taken]!;
    const change = (calls * (calls - 2 * sum)) / taken;
    if (change >= best + Math.abs(best) * 1e-12) continue;
    best = change;
    size = taken;
  }
  const least = order[count - size]!;
  let ties = size;
  for (let index = 0; index < count; index++) if (wants[index]! > least) ties -= 1;
  const chosen: number[] = [];
  for (let index = 0; index < count; index++) {
    const want = wants[index]!;
    if (want > least || (want === least && ties-- > 0)) chosen.push(candidates[index]!);
  }
  return chosen;
}
