import type { XdsNode } from '@evenkeel/xds';
import { type ClientForm, canWeigh } from './client-form.ts';
import { splitGroup } from './client-number.ts';
import { namespaceOf } from './node-namespace.ts';

/** No namespace has a colon in its name, so none of these groups is ever one. */
const gatewayPrefix = 'gateway:';
const plainEnvoyGroup = 'envoy:';
const kubeNodePrefix = 'kube-node:';
const formPrefix = 'form:';
/** The layer of all clients that take endpoints in turn where others weigh them. */
export const turnsGroup = 'turns:';
/** Behind what such a client is; no name has it. */
const takesTurns = '!';
/** Between what a client is and the form of endpoints that it gets, where clients report; no name has it. */
const inForm = '#';
/** Between that and the Kubernetes node that it is on; no name has it either. */
const onNode = '@';

/** What stands between the parts of a group, or begins one that is no namespace. */
const reserved = /[:!#@~]/g;
/** Longer is no namespace. */
const maxNamespace = 63;

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

/** The layer of all clients that report their load and get endpoints in this form. */
export function formGroup(form: ClientForm): string {
  return `${formPrefix}${form}`;
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
 *
 * @param formOf - where clients report their load, the form of endpoints that a gRPC client gets
 */
export function groupOf(
  node: Pick<XdsNode, 'metadata' | 'cluster' | 'userAgentName' | 'userAgentVersion'>,
  gateways: ReadonlySet<string>,
  formOf?: (node: Pick<XdsNode, 'userAgentName' | 'userAgentVersion'>) => ClientForm,
): string {
  const kubeNode = kubeNodeOf(node);
  const base = baseGroupOf(node, gateways);
  const isEnvoyGroup = base.startsWith(gatewayPrefix) || base === plainEnvoyGroup;
  const own = isEnvoyGroup || canWeigh(node) ? base : `${base}${takesTurns}`;
  const group = formOf === undefined || isEnvoyGroup ? own : `${own}${inForm}${formOf(node)}`;
  return kubeNode === undefined ? group : `${group}${onNode}${kubeNode}`;
}

function baseGroupOf(
  node: Pick<XdsNode, 'metadata' | 'cluster' | 'userAgentName'>,
  gateways: ReadonlySet<string>,
): string {
  const { gateway } = node.metadata;
  if (typeof gateway === 'string' && gateways.has(gateway)) return gatewayGroup(gateway);
  // A client says what it likes, `gateway:edge` for example; no Service is in a namespace with such a name.
  if (node.userAgentName !== 'envoy')
    return namespaceOf(node)
      .slice(0, maxNamespace + 1)
      .replace(reserved, '?');
  return gateways.has(node.cluster) ? gatewayGroup(node.cluster) : plainEnvoyGroup;
}

/**
 * The layers of the cache that a group sees over the shared one: that of its Kubernetes node, that of clients which take turns, that of
 * its form, and that of what it is.
 */
export function layersOf(group: string): readonly string[] {
  const { base, inTurns, form, kubeNode } = partsOf(group);
  return [
    ...(kubeNode === undefined ? [] : [kubeNodeGroup(kubeNode)]),
    ...(inTurns ? [turnsGroup] : []),
    ...(form === undefined ? [] : [`${formPrefix}${form}`]),
    base,
  ];
}

/** The group of clients that are alike but for the form of endpoints that they get; the same where they get none. */
export function groupInForm(group: string, form: ClientForm): string {
  const { base, inTurns, form: own, kubeNode } = partsOf(group);
  if (own === undefined) return group;
  return `${base}${inTurns ? takesTurns : ''}${inForm}${form}${kubeNode === undefined ? '' : `${onNode}${kubeNode}`}`;
}

interface GroupParts {
  readonly base: string;
  /** Whether it takes endpoints in turn where others weigh them. */
  readonly inTurns: boolean;
  readonly form?: string;
  readonly kubeNode?: string;
}

function partsOf(group: string): GroupParts {
  const [rest, kubeNode] = splitLast(group, onNode);
  const [own, form] = splitLast(rest, inForm);
  const inTurns = own.endsWith(takesTurns);
  return {
    base: inTurns ? own.slice(0, -takesTurns.length) : own,
    inTurns,
    ...(form === undefined ? {} : { form }),
    ...(kubeNode === undefined ? {} : { kubeNode }),
  };
}

function splitLast(text: string, separator: string): [before: string, after: string | undefined] {
  const at = text.lastIndexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** What a group is, for people, with the number of a client or without. */
export function describeGroup(group: string): {
  readonly gateway?: string;
  readonly namespace?: string;
  readonly form?: string;
} {
  const { base, form } = partsOf(splitGroup(group).group);
  if (base.startsWith(gatewayPrefix)) return { gateway: base.slice(gatewayPrefix.length) };
  return base === plainEnvoyGroup ? {} : { namespace: base, ...(form === undefined ? {} : { form }) };
}

/** Whether a wildcard subscription of a group takes in what all nodes share. */
export function wildcardOf(group: string, isListener: boolean): 'all' | 'own' {
  const { base } = partsOf(group);
  if (base.startsWith(gatewayPrefix)) return 'own';
  return base === plainEnvoyGroup && isListener ? 'own' : 'all';
}
