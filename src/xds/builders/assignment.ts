import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { HealthStatus } from '../../gen/envoy/config/core/v3/health_check_pb.ts';
import type {
  LbEndpointSchema,
  LocalityLbEndpointsSchema,
} from '../../gen/envoy/config/endpoint/v3/endpoint_components_pb.ts';
import { ClusterLoadAssignmentSchema } from '../../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { checkAssignment } from '../profile/assignment.ts';
import { type EncodedResource, encodeResource } from '../resource.ts';

/** One address that calls can go to. */
export interface EndpointSpec {
  /** IPv4 or IPv6 literal. */
  readonly address: string;
  readonly port: number;
  /** Relative share among the endpoints of its locality, at least 1; default: all alike. */
  readonly weight?: number | undefined;
  /** False: gRPC clients leave it out, Envoy counts it for failover. Default: nothing is said, which counts as healthy. */
  readonly healthy?: boolean | undefined;
}

/** Endpoints that are in one place and have one priority. */
export interface LocalitySpec {
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  readonly subZone?: string | undefined;
  /** Relative share among the localities of its priority, at least 1; default 1. Without one, clients skip a locality. */
  readonly weight?: number | undefined;
  /** 0 is used first; the numbers have no gaps. Default 0. */
  readonly priority?: number | undefined;
  readonly endpoints: readonly EndpointSpec[];
}

/** The endpoints of one cluster, in localities. */
export interface AssignmentSpec {
  /** The cluster's name, or its `serviceName` where it has one. */
  readonly clusterName: string;
  readonly localities: readonly LocalitySpec[];
  readonly version?: string | undefined;
}

/**
 * The endpoints of a cluster. Without any it says "there is none just now", which is not the same as no assignment.
 *
 * @throws EvenkeelError `EK_XDS_RESOURCE`
 */
export function buildAssignment(spec: AssignmentSpec): EncodedResource {
  const assignment = create(ClusterLoadAssignmentSchema, {
    clusterName: spec.clusterName,
    endpoints: spec.localities.map(locality),
  });
  checkAssignment(assignment);
  return encodeResource(ClusterLoadAssignmentSchema, assignment, { version: spec.version });
}

function locality(spec: LocalitySpec): MessageInitShape<typeof LocalityLbEndpointsSchema> {
  const { region = '', zone = '', subZone = '', weight = 1, priority = 0, endpoints } = spec;
  return {
    locality: { region, zone, subZone },
    loadBalancingWeight: weight,
    priority,
    lbEndpoints: endpoints.map(endpoint),
  };
}

function endpoint({ address, port, weight, healthy }: EndpointSpec): MessageInitShape<typeof LbEndpointSchema> {
  return {
    hostIdentifier: {
      case: 'endpoint',
      value: {
        address: {
          address: { case: 'socketAddress', value: { address, portSpecifier: { case: 'portValue', value: port } } },
        },
      },
    },
    ...(weight !== undefined && { loadBalancingWeight: weight }),
    ...(healthy !== undefined && { healthStatus: healthy ? HealthStatus.HEALTHY : HealthStatus.UNHEALTHY }),
  };
}
