import type { EncodedResource } from '../resource.ts';
import type { ResourceKey } from './layer.ts';
import { referencesOf } from './references.ts';

/** A resource that points at one which is not there. */
export interface Inconsistency extends ResourceKey {
  readonly missing: ResourceKey;
}

/** All references among `resources` that lead nowhere. */
export function findInconsistencies(
  resources: Iterable<EncodedResource>,
  exists: (typeUrl: string, name: string) => boolean,
): Inconsistency[] {
  const found: Inconsistency[] = [];
  for (const resource of resources) {
    for (const missing of referencesOf(resource)) {
      if (exists(missing.typeUrl, missing.name)) continue;
      found.push({ typeUrl: resource.typeUrl, name: resource.name, missing });
    }
  }
  return found;
}
