import type { ResourceView } from '../cache/view.ts';
import type { EncodedResource } from '../resource.ts';

/** Whether a client may see a resource. Asked often, and has to give the same answer for the same resource. */
export type ResourceFilter = (resource: EncodedResource) => boolean;

/** Names that a stream asked for and may not see are kept up to this number, so that asking costs no memory. */
const maxHidden = 100;

/** Resources that exist and that the client asked for by name, without being allowed to see them. */
export interface HiddenNames {
  /** `TYPE_URL NAME`; at most 100. */
  readonly keys: ReadonlySet<string>;
  /** Characters of them. */
  readonly bytes: number;
}

/** A view, and what of it was kept from the client. */
export interface RestrictedView extends ResourceView {
  readonly hidden: HiddenNames;
}

/**
 * The same resources without those that the filter keeps back. To the client these do not exist: it cannot tell a name
 * that it may not see from one that nobody has.
 *
 * @param told - called once for each name that is in `hidden`
 */
export function restrictView(
  view: ResourceView,
  filter: ResourceFilter,
  told: (typeUrl: string, name: string) => void,
): RestrictedView {
  const keys = new Set<string>();
  const hidden = { keys, bytes: 0 };
  return {
    group: view.group,
    hidden,
    get(typeUrl, name) {
      const resource = view.get(typeUrl, name);
      if (resource === undefined || filter(resource)) return resource;
      const key = `${typeUrl} ${name}`;
      if (!keys.has(key) && keys.size < maxHidden) {
        keys.add(key);
        hidden.bytes += key.length;
        told(typeUrl, name);
      }
      return undefined;
    },
    getByWildcard(typeUrl, name) {
      const resource = view.getByWildcard(typeUrl, name);
      return resource !== undefined && filter(resource) ? resource : undefined;
    },
    *wildcardNames(typeUrl) {
      for (const name of view.wildcardNames(typeUrl)) {
        const resource = view.getByWildcard(typeUrl, name);
        if (resource !== undefined && filter(resource)) yield name;
      }
    },
    givenVersion: (typeUrl) => view.givenVersion(typeUrl),
    isUndecided: (typeUrl, name) => view.isUndecided?.(typeUrl, name) ?? false,
    hasType: (typeUrl) => view.hasType(typeUrl),
  };
}
