import type { Any } from '@bufbuild/protobuf/wkt';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  type Cluster,
  Cluster_DiscoveryType,
  ClusterSchema,
} from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import { HealthStatus } from '@evenkeel/xds/gen/envoy/config/core/v3/health_check_pb';
import type {
  LbEndpoint,
  LocalityLbEndpoints,
} from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_components_pb';
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { ListenerSchema } from '@evenkeel/xds/gen/envoy/config/listener/v3/listener_pb';
import type { Route, RouteMatch, VirtualHost } from '@evenkeel/xds/gen/envoy/config/route/v3/route_components_pb';
import { type RouteConfiguration, RouteConfigurationSchema } from '@evenkeel/xds/gen/envoy/config/route/v3/route_pb';
import { HttpConnectionManagerSchema } from '@evenkeel/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb';
import { formatAddress } from '../../base/listen-address.ts';

/** What is called. */
export interface XdsCall {
  /** What stands behind `xds:///`. */
  readonly target: string;
  /** `/pkg.Service/Method` */
  readonly path: string;
}

/**
 * The endpoints that a call goes to, `HOST:PORT`, as gRPC finds them (gRFC A27, A28, A56): of the target's listener and its route
 * the clusters of the first route that fits the path, and of each the highest priority that has endpoints; pure.
 *
 * @param resources - what an xDS client has
 * @returns undefined where a cluster gets its endpoints in another way than EDS
 */
export function xdsEndpoints(resources: readonly Any[], { target, path }: XdsCall): string[] | undefined {
  const listener = resources.flatMap((any) => anyUnpack(any, ListenerSchema) ?? []).find(({ name }) => name === target);
  const manager = listener?.apiListener?.apiListener;
  const http = manager && anyUnpack(manager, HttpConnectionManagerSchema);
  const specifier = http?.routeSpecifier;
  const named = specifier?.case === 'rds' ? specifier.value.routeConfigName : undefined;
  const config =
    specifier?.case === 'routeConfig'
      ? specifier.value
      : resources.flatMap((any) => anyUnpack(any, RouteConfigurationSchema) ?? []).find(({ name }) => name === named);
  const clusters = new Map(
    resources.flatMap((any) => anyUnpack(any, ClusterSchema) ?? []).map((cluster) => [cluster.name, cluster]),
  );
  const assignments = new Map(
    resources
      .flatMap((any) => anyUnpack(any, ClusterLoadAssignmentSchema) ?? [])
      .map((assignment) => [assignment.clusterName, assignment]),
  );
  const addresses = new Set<string>();
  for (const name of config === undefined ? [] : clustersOf(config, target, path)) {
    const service = edsNameOf(clusters.get(name));
    if (service === undefined) return undefined;
    for (const address of bestOf(assignments.get(service))) addresses.add(address);
  }
  return [...addresses];
}

function clustersOf({ virtualHosts }: RouteConfiguration, target: string, path: string): string[] {
  const host = virtualHostOf(virtualHosts, target);
  const names: string[] = [];
  for (const route of host?.routes ?? []) {
    if (route.match === undefined || !fits(route.match, path)) continue;
    names.push(...clustersOfRoute(route));
    // A route with further conditions may or may not be the one.
    if (route.match.headers.length === 0 && route.match.runtimeFraction === undefined) break;
  }
  return names;
}

function clustersOfRoute({ action }: Route): string[] {
  const specifier = action.case === 'route' ? action.value.clusterSpecifier : undefined;
  if (specifier?.case === 'cluster') return [specifier.value];
  if (specifier?.case !== 'weightedClusters') return [];
  return specifier.value.clusters.filter(({ weight }) => (weight ?? 0) > 0).map(({ name }) => name);
}

/** "Exact domain names, suffix wildcards, prefix wildcards, the special wildcard", the longest of a kind first. */
function virtualHostOf(hosts: readonly VirtualHost[], target: string): VirtualHost | undefined {
  const name = target.toLowerCase();
  const rank = (domain: string): number => {
    const pattern = domain.toLowerCase();
    if (pattern === name) return 4e6;
    if (pattern === '*') return 1;
    if (pattern.startsWith('*') && name.endsWith(pattern.slice(1))) return 2e6 + pattern.length;
    if (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1))) return 1e6 + pattern.length;
    return 0;
  };
  const ranked = hosts.map((host) => ({ host, rank: Math.max(0, ...host.domains.map(rank)) }));
  return ranked.filter((one) => one.rank > 0).sort((a, b) => b.rank - a.rank)[0]?.host;
}

function fits({ pathSpecifier, caseSensitive }: RouteMatch, path: string): boolean {
  const fold = (text: string): string => (caseSensitive === false ? text.toLowerCase() : text);
  switch (pathSpecifier.case) {
    case 'prefix':
      return fold(path).startsWith(fold(pathSpecifier.value));
    case 'path':
      return fold(path) === fold(pathSpecifier.value);
    case 'safeRegex':
      try {
        return new RegExp(`^(?:${pathSpecifier.value.regex})$`).test(path);
      } catch {
        // RE2 knows some that JavaScript does not: then it may be the one.
        return true;
      }
    default:
      return false;
  }
}

/** Name of the assignment; undefined: the cluster is not there, or is of another kind. */
function edsNameOf(cluster: Cluster | undefined): string | undefined {
  if (
    cluster?.clusterDiscoveryType.case !== 'type' ||
    cluster.clusterDiscoveryType.value !== Cluster_DiscoveryType.EDS
  ) {
    return undefined;
  }
  return cluster.edsClusterConfig?.serviceName || cluster.name;
}

function bestOf(assignment: ClusterLoadAssignment | undefined): string[] {
  const byPriority = new Map<number, string[]>();
  for (const locality of assignment?.endpoints ?? []) {
    const addresses = addressesOf(locality);
    if (addresses.length === 0) continue;
    byPriority.set(locality.priority, [...(byPriority.get(locality.priority) ?? []), ...addresses]);
  }
  const highest = Math.min(...byPriority.keys());
  return byPriority.get(highest) ?? [];
}

/** A locality without a weight gets no calls (gRFC A27). */
function addressesOf({ lbEndpoints, loadBalancingWeight }: LocalityLbEndpoints): string[] {
  return (loadBalancingWeight ?? 0) === 0 ? [] : lbEndpoints.flatMap((endpoint) => addressOf(endpoint) ?? []);
}

function addressOf({ hostIdentifier, healthStatus }: LbEndpoint): string | undefined {
  if (healthStatus !== HealthStatus.UNKNOWN && healthStatus !== HealthStatus.HEALTHY) return undefined;
  const address = hostIdentifier.case === 'endpoint' ? hostIdentifier.value.address?.address : undefined;
  if (address?.case !== 'socketAddress' || address.value.portSpecifier.case !== 'portValue') return undefined;
  return formatAddress(address.value.address, address.value.portSpecifier.value);
}
