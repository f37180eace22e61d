import type { Variant } from '../stream/response-encoder.ts';
import { typeUrls } from '../type-urls.ts';

/** A streaming method of the discovery services. */
export interface DiscoveryMethod {
  readonly path: string;
  readonly variant: Variant;
  /** The only type of a per-type service; undefined: aggregated. */
  readonly typeUrl?: string | undefined;
}

/** Path of the aggregated state-of-the-world stream. */
export const adsSotwPath = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources';
/** Path of the aggregated incremental stream. */
export const adsDeltaPath = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';

const perType = [
  ['listener.v3.ListenerDiscoveryService', 'Listeners', typeUrls.listener],
  ['route.v3.RouteDiscoveryService', 'Routes', typeUrls.route],
  ['cluster.v3.ClusterDiscoveryService', 'Clusters', typeUrls.cluster],
  ['endpoint.v3.EndpointDiscoveryService', 'Endpoints', typeUrls.endpoint],
] as const;

/**
 * Every streaming method that is served. The `Fetch…` methods of the per-type services are for REST and answer
 * UNIMPLEMENTED.
 */
export const discoveryMethods: readonly DiscoveryMethod[] = [
  { path: adsSotwPath, variant: 'sotw' },
  { path: adsDeltaPath, variant: 'delta' },
  ...perType.flatMap(([service, resources, typeUrl]): DiscoveryMethod[] => [
    { path: `/envoy.service.${service}/Stream${resources}`, variant: 'sotw', typeUrl },
    { path: `/envoy.service.${service}/Delta${resources}`, variant: 'delta', typeUrl },
  ]),
];
