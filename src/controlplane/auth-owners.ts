import type { EncodedResource, ResourceFilter } from '@evenkeel/xds';
import type { Grant } from './auth-rules.ts';

type Owner = { readonly namespace: string } | { readonly gateway: string };

/** To whom each resource belongs. What belongs to nobody is for clients that may see everything. */
export class ResourceOwners {
  readonly #owners = new WeakMap<EncodedResource, Owner>();

  /** Says that these belong to a Service of that namespace, or to a gateway. */
  claim(resources: Iterable<EncodedResource>, owner: Owner): void {
    for (const resource of resources) this.#owners.set(resource, owner);
  }

  /** What a client with this grant may see; undefined: everything. */
  filterOf({ namespaces, gateways }: Grant): ResourceFilter | undefined {
    if (namespaces === undefined && gateways === undefined) return undefined;
    return (resource) => {
      const owner = this.#owners.get(resource);
      if (owner === undefined) return false;
      return 'namespace' in owner
        ? namespaces === undefined || namespaces.has(owner.namespace)
        : gateways === undefined || gateways.has(owner.gateway);
    };
  }
}
