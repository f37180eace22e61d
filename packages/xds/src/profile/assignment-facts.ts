import type { LbEndpoint } from '../gen/envoy/config/endpoint/v3/endpoint_components_pb.ts';
import type { ClusterLoadAssignment } from '../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { type Report, reportFor } from './problem.ts';

/** What an assignment says, without the nesting of its message. */
export interface AssignmentFacts {
  readonly clusterName: string;
  readonly localities: readonly LocalityFacts[];
}

export interface LocalityFacts {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  readonly weight: number | undefined;
  readonly priority: number;
  readonly endpoints: readonly EndpointFacts[];
}

export interface EndpointFacts {
  readonly address: string;
  readonly port: number;
  readonly weight?: number | undefined;
}

/**
 * What a message says that was made elsewhere.
 *
 * @throws ResourceError for a locality that is missing, or an address that is no socket address
 */
export function assignmentFacts({ clusterName, endpoints }: ClusterLoadAssignment): AssignmentFacts {
  const report = reportFor('ClusterLoadAssignment', clusterName);
  return {
    clusterName,
    localities: endpoints.map(({ locality, loadBalancingWeight: weight, priority, lbEndpoints }, index) => {
      const field = `endpoints[${index}]`;
      if (locality === undefined) throw report(`${field}.locality`, 'is missing; an empty one is enough');
      const { region, zone, subZone } = locality;
      const facts = lbEndpoints.map((endpoint, at) => endpointFacts(report, `${field}.lb_endpoints[${at}]`, endpoint));
      return { region, zone, subZone, weight, priority, endpoints: facts };
    }),
  };
}

function endpointFacts(
  report: Report,
  field: string,
  { hostIdentifier, loadBalancingWeight }: LbEndpoint,
): EndpointFacts {
  const where = hostIdentifier.case === 'endpoint' ? hostIdentifier.value.address?.address : undefined;
  if (where?.case !== 'socketAddress' || where.value.portSpecifier.case !== 'portValue') {
    throw report(`${field}.endpoint.address`, 'is not a socket address with a port number');
  }
  const { address, portSpecifier } = where.value;
  return { address, port: portSpecifier.value, weight: loadBalancingWeight };
}
