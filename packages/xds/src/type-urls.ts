/** The resource types that gRPC clients and Envoy need to send a call to an endpoint. */
export const typeUrls = {
  cluster: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  endpoint: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  listener: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  route: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
} as const;

/** Make before break: clusters, endpoints, listeners, routes (xds_protocol, "Eventual consistency considerations"). */
const order: readonly string[] = [typeUrls.cluster, typeUrls.endpoint, typeUrls.listener, typeUrls.route];

/** Position of a type in the order in which responses are sent; types that nothing is known of come last. */
export function sendingRank(typeUrl: string): number {
  const rank = order.indexOf(typeUrl);
  return rank === -1 ? order.length : rank;
}

/**
 * Whether a state-of-the-world response of this type carries everything the client asked for, so that absence is
 * deletion, and whether an empty first request means all of it (xds_protocol, "Grouping Resources into Responses" and
 * "How the client specifies what resources to return").
 */
export function isFullSetType(typeUrl: string): boolean {
  return typeUrl === typeUrls.listener || typeUrl === typeUrls.cluster;
}

/** Whether other resources point at this one, so that it may go only after they have stopped to. */
export function isReferencedType(typeUrl: string): boolean {
  return typeUrl === typeUrls.cluster || typeUrl === typeUrls.endpoint;
}

/** Whether resources of this type lead traffic to clusters, which have to be in place before. */
export function isReferringType(typeUrl: string): boolean {
  return typeUrl === typeUrls.listener || typeUrl === typeUrls.route;
}
