/** A backend, and where it runs, where that is known. */
export interface Placed {
  readonly name: string;
  readonly zone?: string | undefined;
  readonly kubeNode?: string | undefined;
}

/** What the backends in one zone, or on one machine, answered together. */
export interface PlaceShare {
  readonly name: string;
  readonly pods: number;
  readonly calls: number;
}

/** Answered calls by zone or machine, in the order of their names; empty unless the place of every backend is known. */
export function byPlace(
  backends: readonly Placed[],
  place: 'zone' | 'kubeNode',
  answered: ReadonlyMap<string, number>,
): PlaceShare[] {
  const shares = new Map<string, PlaceShare>();
  for (const backend of backends) {
    const name = backend[place];
    if (name === undefined) return [];
    const { pods, calls } = shares.get(name) ?? { pods: 0, calls: 0 };
    shares.set(name, { name, pods: pods + 1, calls: calls + (answered.get(backend.name) ?? 0) });
  }
  return [...shares.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
