import { create, fromBinary, type JsonObject } from '@bufbuild/protobuf';
import { type Node, NodeSchema } from './gen/envoy/config/core/v3/base_pb.ts';

/** Who asks, as the first request of a stream says (xds_protocol, "Basic Protocol Overview"). */
export interface XdsNode {
  readonly id: string;
  /** Free text that groups nodes; gRPC clients leave it empty. */
  readonly cluster: string;
  readonly metadata: JsonObject;
  readonly locality: { readonly region: string; readonly zone: string; readonly subZone: string };
  /** `envoy`, `gRPC Go`, `gRPC Java`, … */
  readonly userAgentName: string;
  readonly userAgentVersion: string;
  /** For example `envoy.lb.does_not_support_overprovisioning`, `xds.config.resource-in-sotw`. */
  readonly clientFeatures: readonly string[];
}

/** A stream whose first request names no node. */
export const anonymousNode: XdsNode = {
  id: '',
  cluster: '',
  metadata: {},
  locality: { region: '', zone: '', subZone: '' },
  userAgentName: '',
  userAgentVersion: '',
  clientFeatures: [],
};

/**
 * Decodes `envoy.config.core.v3.Node`.
 *
 * @throws what the protobuf reader throws at bytes that are no such message
 */
export function decodeNode(bytes: Uint8Array): XdsNode {
  const node = fromBinary(NodeSchema, bytes, { readUnknownFields: false });
  return {
    id: node.id,
    cluster: node.cluster,
    metadata: node.metadata ?? {},
    locality: {
      region: node.locality?.region ?? '',
      zone: node.locality?.zone ?? '',
      subZone: node.locality?.subZone ?? '',
    },
    userAgentName: node.userAgentName,
    userAgentVersion: versionOf(node.userAgentVersionType),
    clientFeatures: node.clientFeatures,
  };
}

type UserAgentVersion = ReturnType<typeof fromBinary<typeof NodeSchema>>['userAgentVersionType'];

function versionOf(version: UserAgentVersion): string {
  if (version.case === 'userAgentVersion') return version.value;
  const semantic = version.case === 'userAgentBuildVersion' ? version.value.version : undefined;
  return semantic === undefined ? '' : `${semantic.majorNumber}.${semantic.minorNumber}.${semantic.patch}`;
}

/** The message for a node, as a client sends it. */
export function nodeMessage(node: Partial<XdsNode>): Node {
  const { id, cluster, metadata, locality, userAgentName, userAgentVersion, clientFeatures } = {
    ...anonymousNode,
    ...node,
  };
  return create(NodeSchema, {
    id,
    cluster,
    metadata,
    locality,
    userAgentName,
    userAgentVersionType: { case: 'userAgentVersion', value: userAgentVersion },
    clientFeatures: [...clientFeatures],
  });
}

/** Whether the node is an Envoy: it keeps a changed cluster warming until its endpoints are sent again. */
export function isEnvoy(node: XdsNode): boolean {
  return node.userAgentName === 'envoy';
}
