import { compareText } from '../base/compare-text.ts';
import { editDistance } from '../base/edit-distance.ts';
import type { ServiceId } from '../model/service.ts';

/** More to choose from is no help. */
const mostSimilar = 5;

/**
 * Services whose names read like one that does not exist, as targets, the likeliest first: of the same name in another
 * namespace, with name and namespace in the wrong order, with a few letters wrong, or with a part too much or too little (that of its
 * Deployment, for example).
 */
export function similarTargets(wanted: ServiceId, services: Iterable<ServiceId>): string[] {
  const found: { readonly target: string; readonly distance: number }[] = [];
  for (const { name, namespace } of services) {
    const distance = distanceTo(wanted, { name, namespace });
    if (distance !== undefined) found.push({ target: `${name}.${namespace}`, distance });
  }
  return found
    .sort((a, b) => a.distance - b.distance || compareText(a.target, b.target))
    .slice(0, mostSimilar)
    .map(({ target }) => target);
}

function distanceTo(wanted: ServiceId, { name, namespace }: ServiceId): number | undefined {
  if (name === wanted.namespace && namespace === wanted.name) return 0;
  const most = Math.min(3, Math.max(1, Math.floor(wanted.name.length / 3)));
  const byName = editDistance(wanted.name, name, most);
  if (byName > most) {
    const isLonger = name.startsWith(`${wanted.name}-`) || wanted.name.startsWith(`${name}-`);
    return isLonger && namespace === wanted.namespace ? most + 1 : undefined;
  }
  if (namespace === wanted.namespace) return byName;
  const byNamespace = editDistance(wanted.namespace, namespace, 2);
  return byName + (byName === 0 ? 0 : 2) + byNamespace / 4;
}
