/** Who answered the calls of one command, and which failed, as a client program reports it. */
export interface Tally {
  /** Calls by target, then by the pod that answered. */
  readonly backends: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Calls by `STATUS: message`. */
  readonly failures: Readonly<Record<string, number>>;
}

export const emptyTally: Tally = { backends: {}, failures: {} };

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

export function answered(tally: Tally): number {
  return Object.values(tally.backends).reduce((total, counts) => total + sum(counts), 0);
}

export function failed(tally: Tally): number {
  return sum(tally.failures);
}

/** The pods that answered for a target; for all targets without one. */
export function podsOf(tally: Tally, target?: string): Set<string> {
  const targets = target === undefined ? Object.values(tally.backends) : [tally.backends[target] ?? {}];
  return new Set(targets.flatMap(Object.keys));
}

/** What was counted after `earlier`, which is a former state of the same tally. */
export function since(earlier: Tally, later: Tally): Tally {
  return {
    backends: mapValues(later.backends, (pods, target) => subtract(pods, earlier.backends[target] ?? {})),
    failures: subtract(later.failures, earlier.failures),
  };
}

export type Counts = Readonly<Record<string, number>>;

function subtract(later: Counts, earlier: Counts): Counts {
  const left = Object.entries(later).map(([name, count]) => [name, count - (earlier[name] ?? 0)] as const);
  return Object.fromEntries(left.filter(([, count]) => count > 0));
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

/** The sum of two tallies. */
export function add(one: Tally, other: Tally): Tally {
  const targets = new Set([...Object.keys(one.backends), ...Object.keys(other.backends)]);
  return {
    backends: Object.fromEntries(
      [...targets].map((target) => [target, addCounts([one.backends[target] ?? {}, other.backends[target] ?? {}])]),
    ),
    failures: addCounts([one.failures, other.failures]),
  };
}

/** The sum of several counts, name by name. */
export function addCounts(all: Iterable<Counts>): Counts {
  const total: Record<string, number> = {};
  for (const counts of all)
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
  return total;
}
