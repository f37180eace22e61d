import { anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  type LoadBalancingPolicy,
} from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { WrrLocalitySchema } from '../gen/envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality_pb.ts';
import { checkConfigSource } from './config-source.ts';
import { type Report, reportFor } from './problem.ts';

/** Half of the field's range: Java reads it as a signed number, so that a larger one would drop every call. */
const maxInt32 = 2_147_483_647;

/**
 * Checks an EDS cluster against the strictest union of what clients take.
 *
 * @throws ResourceError
 */
export function checkCluster(cluster: Cluster): void {
  const report = reportFor('Cluster', cluster.name);
  if (cluster.name === '') throw report('name', 'is empty');
  const { clusterDiscoveryType: type, edsClusterConfig: eds } = cluster;
  if (type.case !== 'type' || type.value !== Cluster_DiscoveryType.EDS || eds === undefined) {
    throw report('type', 'is not EDS, the only one that every client takes in the same way');
  }
  checkConfigSource(report, 'eds_cluster_config.eds_config', eds.edsConfig);
  if (cluster.lbPolicy !== Cluster_LbPolicy.ROUND_ROBIN) {
    throw report('lb_policy', 'is not ROUND_ROBIN; write other policies into load_balancing_policy');
  }
  checkPolicies(report, 'load_balancing_policy', cluster.loadBalancingPolicy);
  if (cluster.lrsServer !== undefined && cluster.lrsServer.configSourceSpecifier.case !== 'self') {
    throw report('lrs_server', 'is not self');
  }
  if (cluster.transportSocketMatches.length > 0) throw report('transport_socket_matches', 'are not supported by gRPC');
  for (const [index, { maxRequests }] of (cluster.circuitBreakers?.thresholds ?? []).entries()) {
    if (maxRequests === undefined || (Number.isInteger(maxRequests) && maxRequests >= 0 && maxRequests <= maxInt32))
      continue;
    throw report(
      `circuit_breakers.thresholds[${index}].max_requests`,
      `is ${maxRequests}, not between 0 and ${maxInt32}`,
    );
  }
}

/** A client that knows none of the policies rejects the cluster, and round_robin is what all know. */
function checkPolicies(report: Report, field: string, policy: LoadBalancingPolicy | undefined): void {
  if (policy === undefined) return;
  const last = policy.policies.at(-1)?.typedExtensionConfig?.typedConfig;
  const path = `${field}.policies[${policy.policies.length - 1}]`;
  if (last?.typeUrl.endsWith('.round_robin.v3.RoundRobin')) return;
  const locality = last && anyUnpack(last, WrrLocalitySchema);
  if (locality === undefined) throw report(path, 'is not round_robin, the policy that every client knows');
  if (locality.endpointPickingPolicy === undefined) throw report(`${path}.endpoint_picking_policy`, 'is missing');
  checkPolicies(report, `${path}.endpoint_picking_policy`, locality.endpointPickingPolicy);
}
