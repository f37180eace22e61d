import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import {
  type LoadBalancingPolicy,
  type LoadBalancingPolicy_PolicySchema,
  LoadBalancingPolicySchema,
} from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ClientSideWeightedRoundRobinSchema } from '../gen/envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3/client_side_weighted_round_robin_pb.ts';
import { LeastRequestSchema } from '../gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.ts';
import { PickFirstSchema } from '../gen/envoy/extensions/load_balancing_policies/pick_first/v3/pick_first_pb.ts';
import {
  RingHash_HashFunction,
  RingHashSchema,
} from '../gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash_pb.ts';
import { RoundRobinSchema } from '../gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb.ts';
import { WrrLocalitySchema } from '../gen/envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality_pb.ts';

/**
 * A load-balancing policy (gRFC A52): one with its defaults by name (`ring_hash` with `XX_HASH`, which gRPC requires), one
 * that first draws a locality by weight, or any by its packed configuration.
 */
export type LoadBalancingPolicySpec =
  | 'round_robin'
  | 'least_request'
  | 'ring_hash'
  | 'pick_first'
  | 'client_side_weighted_round_robin'
  | { readonly localityWeighted: readonly LoadBalancingPolicySpec[] }
  | { readonly name: string; readonly config: Any };

/** In order of preference: a client takes the first that it knows. */
export function loadBalancingPolicy(policies: readonly LoadBalancingPolicySpec[]): LoadBalancingPolicy {
  return create(LoadBalancingPolicySchema, { policies: policies.map(entry) });
}

function entry(spec: LoadBalancingPolicySpec): MessageInitShape<typeof LoadBalancingPolicy_PolicySchema> {
  const [name, typedConfig] = nameAndConfig(spec);
  return { typedExtensionConfig: { name, typedConfig } };
}

function nameAndConfig(spec: LoadBalancingPolicySpec): [name: string, config: Any] {
  if (typeof spec === 'string') return [`envoy.load_balancing_policies.${spec}`, defaults[spec]()];
  if ('config' in spec) return [spec.name, spec.config];
  const endpointPickingPolicy = loadBalancingPolicy(spec.localityWeighted);
  return [
    'envoy.load_balancing_policies.wrr_locality',
    anyPack(WrrLocalitySchema, create(WrrLocalitySchema, { endpointPickingPolicy })),
  ];
}

const defaults = {
  round_robin: () => anyPack(RoundRobinSchema, create(RoundRobinSchema)),
  least_request: () => anyPack(LeastRequestSchema, create(LeastRequestSchema)),
  // Envoy's default; Go, Java and Node reject a cluster that does not name it (gRFC A42).
  ring_hash: () => anyPack(RingHashSchema, create(RingHashSchema, { hashFunction: RingHash_HashFunction.XX_HASH })),
  pick_first: () => anyPack(PickFirstSchema, create(PickFirstSchema)),
  client_side_weighted_round_robin: () =>
    anyPack(ClientSideWeightedRoundRobinSchema, create(ClientSideWeightedRoundRobinSchema)),
};
