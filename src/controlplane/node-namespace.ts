import type { XdsNode } from '@evenkeel/xds';

/** The namespace that bare targets of a client are looked up in: `node.metadata.namespace`, else `default`. */
export function namespaceOf({ metadata }: Pick<XdsNode, 'metadata'>): string {
  const { namespace } = metadata;
  return typeof namespace === 'string' && namespace !== '' ? namespace : 'default';
}
