import { create } from '@bufbuild/protobuf';
import { adsConfigSource } from '../builders/config-source.ts';
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  Cluster_TransportSocketMatchSchema,
  ClusterSchema,
} from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { buildEdsCluster, type EncodedResource, encodeResource } from '../index.ts';
import { type RefusedCase, testRefused } from '../testing/refused.ts';

/** A cluster that is right but for what `spoil` does to it. */
function rawCluster(spoil: (cluster: Cluster) => unknown): EncodedResource {
  const cluster = create(ClusterSchema, {
    name: 'a',
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: { configSourceSpecifier: { case: 'self', value: {} } } },
  });
  spoil(cluster);
  return encodeResource(ClusterSchema, cluster);
}

const clusterCases: readonly RefusedCase[] = [
  ['no name', 'name', () => buildEdsCluster({ name: '' })],
  [
    'policies that do not end in round_robin',
    'load_balancing_policy.policies[0]',
    () => buildEdsCluster({ name: 'a', policies: ['ring_hash'] }),
  ],
  ['no policy in the list', 'load_balancing_policy.policies[-1]', () => buildEdsCluster({ name: 'a', policies: [] })],
  [
    'locality weights over a policy that not all know',
    'load_balancing_policy.policies[0].endpoint_picking_policy.policies[0]',
    () => buildEdsCluster({ name: 'a', policies: [{ localityWeighted: ['least_request'] }] }),
  ],
  [
    'more requests than Java can read',
    'circuit_breakers.thresholds[0].max_requests',
    () => buildEdsCluster({ name: 'a', maxRequests: 2 ** 32 - 1 }),
  ],
  [
    'another type',
    'type',
    () => rawCluster((cluster) => Object.assign(cluster.clusterDiscoveryType, { value: Cluster_DiscoveryType.STATIC })),
  ],
  [
    'no config source',
    'eds_cluster_config.eds_config',
    () => rawCluster((cluster) => Object.assign(cluster.edsClusterConfig ?? {}, { edsConfig: undefined })),
  ],
  [
    'LEAST_REQUEST in lb_policy',
    'lb_policy',
    () => rawCluster((cluster) => Object.assign(cluster, { lbPolicy: Cluster_LbPolicy.LEAST_REQUEST })),
  ],
  [
    'another LRS server',
    'lrs_server',
    () => rawCluster((cluster) => Object.assign(cluster, { lrsServer: adsConfigSource() })),
  ],
  [
    'transport socket matches',
    'transport_socket_matches',
    () => rawCluster((cluster) => cluster.transportSocketMatches.push(create(Cluster_TransportSocketMatchSchema))),
  ],
];

testRefused('Cluster', clusterCases);
