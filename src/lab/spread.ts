import type { LabEndpoint } from './endpoints.ts';
import { pick, type Random } from './random.ts';
import type { ServiceSpec } from './spec.ts';

/**
 * Where the next connection goes: any pod, or any of the pods on any of their machines.
 *
 * @param only - this machine and no other
 */
export function choose(
  all: readonly LabEndpoint[],
  spread: NonNullable<ServiceSpec['spread']>,
  random: Random,
  only?: string,
): LabEndpoint | undefined {
  const endpoints = only === undefined ? all : all.filter(({ kubeNode }) => kubeNode === only);
  if (spread === 'pod') return pick(endpoints, random);
  const node = pick([...new Set(endpoints.map(({ kubeNode }) => kubeNode))], random);
  return pick(
    endpoints.filter(({ kubeNode }) => kubeNode === node),
    random,
  );
}
