import type { LabEndpoint } from './endpoints.ts';
import { pick, type Random } from './random.ts';
import type { ServiceSpec } from './spec.ts';

/** Where the next connection goes: any pod, or any of the pods on any of their machines. */
export function choose(
  endpoints: readonly LabEndpoint[],
  spread: NonNullable<ServiceSpec['spread']>,
  random: Random,
): LabEndpoint | undefined {
  if (spread === 'pod') return pick(endpoints, random);
  const node = pick([...new Set(endpoints.map(({ kubeNode }) => kubeNode))], random);
  return pick(
    endpoints.filter(({ kubeNode }) => kubeNode === node),
    random,
  );
}
