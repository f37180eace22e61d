import type { ApiTarget } from './api-errors.ts';

/** What is kept of one object of the API; everything else is dropped as it arrives. */
export interface KubeObject {
  /** `NAMESPACE/NAME`. */
  readonly key: string;
  /** Equal means unchanged, nothing else (the API's words: an opaque value). */
  readonly resourceVersion: string;
}

/** One kind of object, in one namespace or in all, and what is kept of it. */
export interface Collection<Item extends KubeObject> {
  readonly resource: string;
  readonly group: string;
  readonly version: string;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** @returns undefined for what is no such object */
  read(object: unknown): Item | undefined;
}

export function targetOf(
  verb: ApiTarget['verb'],
  { resource, group, namespace, labelSelector }: Collection<KubeObject>,
): ApiTarget {
  return { verb, resource, group, namespace, labelSelector };
}

/** The path of a request for the collection. */
export function pathOf(
  { resource, group, version, namespace, labelSelector }: Collection<KubeObject>,
  parameters: Readonly<Record<string, string>>,
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const query = new URLSearchParams({ ...(labelSelector === undefined ? {} : { labelSelector }), ...parameters });
  return `${root}${scope}/${resource}?${query}`;
}
