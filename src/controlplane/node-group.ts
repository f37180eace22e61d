import type { XdsNode } from '../xds/index.ts';
import { namespaceOf } from './node-namespace.ts';

/** No namespace has a colon in its name, so none of these groups is ever one. */
const gatewayPrefix = 'gateway:';
const plainEnvoyGroup = 'envoy:';

/** The layer of the nodes that are a gateway. */
export function gatewayGroup(gateway: string): string {
  return `${gatewayPrefix}${gateway}`;
}

/**
 * Which layer of the cache a node sees.
 *
 * - a gateway of that name: an Envoy by its `node.cluster`, any node by its `node.metadata.gateway`
 * - any other Envoy: no listeners, since those of gRPC clients have no socket and Envoy rejects them
 * - any other node: that of its namespace
 */
export function groupOf(
  node: Pick<XdsNode, 'metadata' | 'cluster' | 'userAgentName'>,
  gateways: ReadonlySet<string>,
): string {
  const { gateway } = node.metadata;
  if (typeof gateway === 'string' && gateways.has(gateway)) return gatewayGroup(gateway);
  if (node.userAgentName !== 'envoy') return namespaceOf(node);
  return gateways.has(node.cluster) ? gatewayGroup(node.cluster) : plainEnvoyGroup;
}

/** What a group is, for people. */
export function describeGroup(group: string): { readonly gateway?: string; readonly namespace?: string } {
  if (group.startsWith(gatewayPrefix)) return { gateway: group.slice(gatewayPrefix.length) };
  return group === plainEnvoyGroup ? {} : { namespace: group };
}

/** Whether a wildcard subscription of a group takes in what all nodes share. */
export function wildcardOf(group: string, isListener: boolean): 'all' | 'own' {
  if (group.startsWith(gatewayPrefix)) return 'own';
  return group === plainEnvoyGroup && isListener ? 'own' : 'all';
}
