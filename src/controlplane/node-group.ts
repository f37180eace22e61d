import type { XdsNode } from '../xds/index.ts';
import { namespaceOf } from './node-namespace.ts';

/** No namespace has a colon in its name, so none of these groups is ever one. */
const gatewayPrefix = 'gateway:';
const plainEnvoyGroup = 'envoy:';
const kubeNodePrefix = 'kube-node:';
/** Between what a client is and the Kubernetes node that it is on; no name has it. */
const onNode = '@';

/** What a Kubernetes node may be called (RFC 1123 subdomain). */
const kubeNodeName = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** The layer of the nodes that are a gateway. */
export function gatewayGroup(gateway: string): string {
  return `${gatewayPrefix}${gateway}`;
}

/** The layer of all clients on a Kubernetes node. */
export function kubeNodeGroup(kubeNode: string): string {
  return `${kubeNodePrefix}${kubeNode}`;
}

/** The Kubernetes node that a client says it is on (`node.metadata.kubeNode`); undefined where it does not. */
export function kubeNodeOf({ metadata: { kubeNode } }: Pick<XdsNode, 'metadata'>): string | undefined {
  return typeof kubeNode === 'string' && kubeNodeName.test(kubeNode) ? kubeNode : undefined;
}

/**
 * Which group a node is in: what it is, and the Kubernetes node that it is on.
 *
 * - a gateway of that name: an Envoy by its `node.cluster`, any node by its `node.metadata.gateway`
 * - any other Envoy: no listeners, since those of gRPC clients have no socket and Envoy rejects them
 * - any other node: that of its namespace
 */
export function groupOf(
  node: Pick<XdsNode, 'metadata' | 'cluster' | 'userAgentName'>,
  gateways: ReadonlySet<string>,
): string {
  const kubeNode = kubeNodeOf(node);
  const base = baseGroupOf(node, gateways);
  return kubeNode === undefined ? base : `${base}${onNode}${kubeNode}`;
}

function baseGroupOf(
  node: Pick<XdsNode, 'metadata' | 'cluster' | 'userAgentName'>,
  gateways: ReadonlySet<string>,
): string {
  const { gateway } = node.metadata;
  if (typeof gateway === 'string' && gateways.has(gateway)) return gatewayGroup(gateway);
  if (node.userAgentName !== 'envoy') return namespaceOf(node);
  return gateways.has(node.cluster) ? gatewayGroup(node.cluster) : plainEnvoyGroup;
}

/** The layers of the cache that a group sees over the shared one: that of its Kubernetes node, and that of what it is. */
export function layersOf(group: string): readonly string[] {
  const at = group.lastIndexOf(onNode);
  return at < 0 ? [group] : [kubeNodeGroup(group.slice(at + 1)), group.slice(0, at)];
}

/** What a group is, for people. */
export function describeGroup(group: string): { readonly gateway?: string; readonly namespace?: string } {
  const base = layersOf(group).at(-1)!;
  if (base.startsWith(gatewayPrefix)) return { gateway: base.slice(gatewayPrefix.length) };
  return base === plainEnvoyGroup ? {} : { namespace: base };
}

/** Whether a wildcard subscription of a group takes in what all nodes share. */
export function wildcardOf(group: string, isListener: boolean): 'all' | 'own' {
  const base = layersOf(group).at(-1)!;
  if (base.startsWith(gatewayPrefix)) return 'own';
  return base === plainEnvoyGroup && isListener ? 'own' : 'all';
}
