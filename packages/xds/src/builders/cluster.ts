import { create } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { durationOf } from '../duration.ts';
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  ClusterSchema,
} from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { type OutlierDetection, OutlierDetectionSchema } from '../gen/envoy/config/cluster/v3/outlier_detection_pb.ts';
import { HttpProtocolOptionsSchema } from '../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';
import { checkCluster } from '../profile/cluster.ts';
import { type EncodedResource, encodeResource } from '../resource.ts';
import { adsConfigSource, selfConfigSource } from './config-source.ts';
import { type LoadBalancingPolicySpec, loadBalancingPolicy } from './load-balancing-policy.ts';

/** A cluster whose endpoints come over the same stream. */
export interface EdsClusterSpec {
  readonly name: string;
  /** Name of the assignment; default: the cluster's name. */
  readonly serviceName?: string | undefined;
  /** Calls in flight to the cluster above which a client drops; default 1,000,000. Clients' own default is 1,024. */
  readonly maxRequests?: number | undefined;
  /** Envoy only; default 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Policies in order of preference, the last round_robin, which every client knows. Default: `lb_policy: ROUND_ROBIN`
   * alone, which is round robin within localities that are drawn by weight.
   */
  readonly policies?: readonly LoadBalancingPolicySpec[] | undefined;
  /**
   * Envoy speaks HTTP/2 to the endpoints, as gRPC needs, or whatever its own client speaks (`as-downstream`); gRPC clients
   * do not look at it. Default false: HTTP/1.1.
   */
  readonly http2?: boolean | 'as-downstream' | undefined;
  /** Clients report their load to the server that sent the cluster (LRS). Default false. */
  readonly reportLoad?: boolean | undefined;
  /** Each client leaves out endpoints that fail for it (gRFC A50). Default: not. */
  readonly outlierDetection?: OutlierDetectionSpec | undefined;
  readonly version?: string | undefined;
}

/** Outlier detection by failure percentage (gRFC A50); the other algorithms are off. */
export interface OutlierDetectionSpec {
  /** How often a client looks; calls of the interval count. */
  readonly intervalMs: number;
  /** How long an endpoint is out, times how often it was in a row. */
  readonly baseEjectionMs: number;
  readonly maxEjectionMs: number;
  /** No further endpoint is ejected once so many are, 0 to 100. */
  readonly maxEjectionPercent: number;
  /** Share of the calls to an endpoint that have to fail, 0 to 100. */
  readonly failurePercent: number;
  /** Endpoints with enough calls below which nothing is ejected. */
  readonly minimumHosts: number;
  /** Calls to an endpoint in an interval below which it is not looked at. */
  readonly requestVolume: number;
}

/**
 * A cluster whose endpoints come over the same stream.
 *
 * @throws ResourceError
 */
export function buildEdsCluster(spec: EdsClusterSpec): EncodedResource {
  const maxRequests = spec.maxRequests ?? 1_000_000;
  const cluster: Cluster = create(ClusterSchema, {
    name: spec.name,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: adsConfigSource(), serviceName: spec.serviceName ?? '' },
    connectTimeout: durationOf(spec.connectTimeoutMs ?? 5_000),
    lbPolicy: Cluster_LbPolicy.ROUND_ROBIN,
    circuitBreakers: { thresholds: [{ maxRequests, maxConnections: maxRequests, maxPendingRequests: maxRequests }] },
  });
  if (spec.policies !== undefined) cluster.loadBalancingPolicy = loadBalancingPolicy(spec.policies);
  if (spec.http2) {
    const options = spec.http2 === 'as-downstream' ? downstreamProtocolOptions() : http2ProtocolOptions();
    cluster.typedExtensionProtocolOptions = { [httpProtocolOptionsName]: options };
  }
  if (spec.reportLoad) cluster.lrsServer = selfConfigSource();
  if (spec.outlierDetection !== undefined) cluster.outlierDetection = outlierDetectionOf(spec.outlierDetection);
  checkCluster(cluster);
  return encodeResource(ClusterSchema, cluster, { version: spec.version });
}

function outlierDetectionOf(spec: OutlierDetectionSpec): OutlierDetection {
  return create(OutlierDetectionSchema, {
    interval: durationOf(spec.intervalMs),
    baseEjectionTime: durationOf(spec.baseEjectionMs),
    maxEjectionTime: durationOf(spec.maxEjectionMs),
    maxEjectionPercent: spec.maxEjectionPercent,
    failurePercentageThreshold: spec.failurePercent,
    enforcingFailurePercentage: 100,
    failurePercentageMinimumHosts: spec.minimumHosts,
    failurePercentageRequestVolume: spec.requestVolume,
    // On unless it is said otherwise: the first in gRPC and Envoy, the others in Envoy alone.
    enforcingSuccessRate: 0,
    enforcingConsecutive5xx: 0,
    enforcingConsecutiveGatewayFailure: 0,
  });
}

/** Key of {@link http2ProtocolOptions} in `typed_extension_protocol_options`. */
export const httpProtocolOptionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** Tells Envoy to speak HTTP/2 to a cluster. */
export function http2ProtocolOptions(): Any {
  return anyPack(
    HttpProtocolOptionsSchema,
    create(HttpProtocolOptionsSchema, {
      upstreamProtocolOptions: {
        case: 'explicitHttpConfig',
        value: { protocolConfig: { case: 'http2ProtocolOptions', value: {} } },
      },
    }),
  );
}

/** Tells Envoy to speak to a cluster what the client speaks to Envoy, HTTP/1.1 or HTTP/2. */
function downstreamProtocolOptions(): Any {
  return anyPack(
    HttpProtocolOptionsSchema,
    create(HttpProtocolOptionsSchema, {
      upstreamProtocolOptions: {
        case: 'useDownstreamProtocolConfig',
        value: { httpProtocolOptions: {}, http2ProtocolOptions: {} },
      },
    }),
  );
}
