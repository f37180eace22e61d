import { workloadOf } from '../load/caller.ts';
import { edgesOf } from '../load/edges.ts';
import { type LoadView, portKey } from '../load/load-view.ts';
import type { EdgeRow } from './rows.ts';

/** Who calls whom, and which workload the pods that are called belong to, so that chains are seen. Pure. */
export function edgeRows(load: LoadView | undefined): EdgeRow[] {
  if (load === undefined) return [];
  const workloads = new Map(load.services.map((service) => [portKey(service), commonWorkload(service.pods)]));
  return edgesOf(load).map((edge) => ({
    key: `edge ${edge.from.namespace}/${edge.from.workload} ${portKey(edge.to)}`,
    kind: 'edge',
    ...edge,
    toWorkload: workloads.get(portKey(edge.to)) ?? '',
  }));
}

/** The workload of all these pods by their names; empty where they are of several, or have no such names. */
function commonWorkload(pods: readonly { readonly pod: string | null }[]): string {
  const found = new Set(pods.map(({ pod }) => (pod === null ? undefined : workloadOf(pod))));
  const [first] = found;
  return found.size === 1 ? (first ?? '') : '';
}
