import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { NodeSchema } from '@evenkeel/xds/gen/envoy/config/core/v3/base_pb';
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from '@evenkeel/xds/gen/envoy/service/discovery/v3/discovery_pb';
import { StatusSchema } from '@evenkeel/xds/gen/google/rpc/status_pb';
import { type Content, contentOf, kindOf } from './resources.ts';

/** State of the world, or incremental. */
export type Variant = 'sotw' | 'delta';

export const methodOf: Readonly<Record<Variant, string>> = {
  sotw: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
  delta: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
};

/** Who a stream says that it is. */
export interface NodeIdentity {
  readonly id: string;
  /** `envoy`, `gRPC Go`, … */
  readonly userAgentName: string;
}

/** A request in full; each variant reads its own fields. */
export interface RequestFields {
  readonly typeUrl: string;
  readonly node?: NodeIdentity | undefined;
  readonly nonce?: string | undefined;
  readonly error?: string | undefined;
  /** SotW: all names. */
  readonly names?: readonly string[] | undefined;
  /** SotW: `version_info`. */
  readonly version?: string | undefined;
  /** Delta. */
  readonly subscribe?: readonly string[] | undefined;
  /** Delta. */
  readonly unsubscribe?: readonly string[] | undefined;
  /** Delta: `initial_resource_versions`. */
  readonly initialVersions?: Readonly<Record<string, string>> | undefined;
}

export interface ReceivedResource extends Content {
  /** Delta only. */
  readonly version: string;
}

/** A response, as both variants show it. */
export interface Received {
  readonly typeUrl: string;
  readonly version: string;
  readonly nonce: string;
  readonly resources: readonly ReceivedResource[];
  /** Delta: `removed_resources`. */
  readonly removed: readonly string[];
}

export function encodeRequest(variant: Variant, fields: RequestFields): Uint8Array {
  const { typeUrl, node, nonce: responseNonce = '', error } = fields;
  const common = {
    typeUrl,
    responseNonce,
    ...(node !== undefined && { node: create(NodeSchema, { id: node.id, userAgentName: node.userAgentName }) }),
    // INVALID_ARGUMENT, as clients do.
    ...(error !== undefined && { errorDetail: create(StatusSchema, { code: 3, message: error }) }),
  };
  if (variant === 'sotw') {
    const { names = [], version: versionInfo = '' } = fields;
    const request = create(DiscoveryRequestSchema, { ...common, resourceNames: [...names], versionInfo });
    return toBinary(DiscoveryRequestSchema, request);
  }
  const { subscribe = [], unsubscribe = [], initialVersions = {} } = fields;
  const request = create(DeltaDiscoveryRequestSchema, {
    ...common,
    resourceNamesSubscribe: [...subscribe],
    resourceNamesUnsubscribe: [...unsubscribe],
    initialResourceVersions: { ...initialVersions },
  });
  return toBinary(DeltaDiscoveryRequestSchema, request);
}

/** @throws what the protobuf reader throws at bytes that are no response */
export function decodeResponse(variant: Variant, bytes: Uint8Array): Received {
  if (variant === 'sotw') {
    const { typeUrl, versionInfo: version, nonce, resources } = fromBinary(DiscoveryResponseSchema, bytes);
    return {
      ...{ typeUrl, version, nonce, removed: [] },
      resources: resources.map((any) => ({ ...read(any.typeUrl, any.value), version: '' })),
    };
  }
  const { typeUrl, systemVersionInfo, nonce, resources, removedResources } = fromBinary(
    DeltaDiscoveryResponseSchema,
    bytes,
  );
  return {
    ...{ typeUrl, version: systemVersionInfo, nonce, removed: removedResources },
    resources: resources.map(({ name, version, resource }) => ({
      ...read(resource?.typeUrl ?? '', resource?.value ?? new Uint8Array()),
      name,
      version,
    })),
  };
}

function read(typeUrl: string, value: Uint8Array): Content {
  const kind = kindOf(typeUrl);
  return kind === undefined ? { name: '', generation: Number.NaN, target: undefined } : contentOf(kind, value);
}
