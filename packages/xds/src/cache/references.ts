import { fromBinary } from '@bufbuild/protobuf';
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt';
import { ClusterSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { type RouteConfiguration, RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import { HttpConnectionManagerSchema } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import type { EncodedResource } from '../resource.ts';
import { typeUrls } from '../type-urls.ts';
import type { ResourceKey } from './layer.ts';

const known = new WeakMap<EncodedResource, readonly ResourceKey[]>();

/**
 * What a resource points at: a listener at routes and clusters, a route configuration at clusters, an EDS cluster at its
 * assignment. Read from the message once.
 *
 * @throws what the protobuf reader throws at bytes that are not a message of that type
 */
export function referencesOf(resource: EncodedResource): readonly ResourceKey[] {
  let references = known.get(resource);
  if (references === undefined) {
    references = read(resource);
    known.set(resource, references);
  }
  return references;
}

/** Name of the assignment of a cluster; undefined where it has none, or where the bytes are no cluster. */
export function endpointsNameOf(cluster: EncodedResource): string | undefined {
  return legibleReferencesOf(cluster)[0]?.name;
}

/** Names of the route configurations that a listener leads to; none where the bytes are no listener. */
export function routeNamesOf(listener: EncodedResource): string[] {
  return legibleReferencesOf(listener).flatMap(({ typeUrl, name }) => (typeUrl === typeUrls.route ? [name] : []));
}

function legibleReferencesOf(resource: EncodedResource): readonly ResourceKey[] {
  try {
    return referencesOf(resource);
  } catch {
    return [];
  }
}

function read({ typeUrl, bytes, name }: EncodedResource): ResourceKey[] {
  if (typeUrl === typeUrls.cluster) {
    const { clusterDiscoveryType, edsClusterConfig } = fromBinary(ClusterSchema, bytes);
    if (clusterDiscoveryType.case !== 'type' || edsClusterConfig === undefined) return [];
    return [{ typeUrl: typeUrls.endpoint, name: edsClusterConfig.serviceName || name }];
  }
  if (typeUrl === typeUrls.route) return clustersOf(fromBinary(RouteConfigurationSchema, bytes));
  if (typeUrl === typeUrls.listener) return managersOf(bytes).flatMap(routesOf);
  return [];
}

function managersOf(bytes: Uint8Array): Any[] {
  const listener = fromBinary(ListenerSchema, bytes);
  const chains = [...listener.filterChains, ...(listener.defaultFilterChain ? [listener.defaultFilterChain] : [])];
  const filters = chains.flatMap((chain) => chain.filters.map(({ configType }) => configType));
  return [
    ...(listener.apiListener?.apiListener ? [listener.apiListener.apiListener] : []),
    ...filters.flatMap((config) => (config.case === 'typedConfig' ? [config.value] : [])),
  ];
}

function routesOf(any: Any): ResourceKey[] {
  const route = anyUnpack(any, HttpConnectionManagerSchema)?.routeSpecifier;
  if (route?.case === 'rds') return [{ typeUrl: typeUrls.route, name: route.value.routeConfigName }];
  return route?.case === 'routeConfig' ? clustersOf(route.value) : [];
}

function clustersOf(routes: RouteConfiguration): ResourceKey[] {
  const names = new Set<string>();
  for (const { action } of routes.virtualHosts.flatMap((host) => host.routes)) {
    const target = action.case === 'route' ? action.value.clusterSpecifier : undefined;
    if (target?.case === 'cluster') names.add(target.value);
    if (target?.case === 'weightedClusters') for (const { name } of target.value.clusters) names.add(name);
  }
  return [...names].map((name) => ({ typeUrl: typeUrls.cluster, name }));
}
