import { isDeepStrictEqual } from 'node:util';
import { buildAssignment, buildEdsCluster, type EncodedResource } from '@evenkeel/xds';
import { formatAddress } from '../base/listen-address.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Service, ServicePort } from '../model/service.ts';
import { type ClusterPolicy, clusterPolicyOf } from './cluster-policy.ts';
import { distinctEndpoints } from './single-locality.ts';
import { canonicalName, distinctPorts } from './targets.ts';

/** What clients get of a Service so that they report what became of their calls. */
export interface ReportingResources {
  /** What was translated. */
  readonly service: Service;
  /** Clusters that ask for load reports, for clients that have all endpoints in one locality. */
  readonly merged: readonly EncodedResource[];
  /** Clusters in which localities are taken in turn, for clients that know how; the same as `merged` without such localities. */
  readonly podClusters: readonly EncodedResource[];
  /** For these clients, the assignments in which each endpoint is a locality, by Service port. */
  readonly podAssignments: ReadonlyMap<number, EncodedResource>;
}

/**
 * Translates a Service for clients that report their load, over what `translateService` makes of it. Pure.
 *
 * A client reports by locality, so an endpoint that is a locality of its own is reported by itself. Evenness does not suffer
 * where `RoundRobin` is the top level of the policy: a client then makes one exact round over all localities of a priority
 * (gRFC A52). With `lb_policy` alone it would draw between them by chance.
 *
 * The locality is named by the endpoint's address, in `sub_zone`, and not by its pod: grpc-go and grpc-java go on reporting
 * an address that they keep under the locality that it had first. For the same reason the two forms have none in common.
 *
 * With `internalTrafficPolicy: Local` what a client gets depends on its node: there is the one form only.
 *
 * @param service - the Service with the endpoints to publish
 * @param previous - an earlier translation of the same Service; what did not change since is taken from there
 * @throws EvenkeelError `EK_XDS_RESOURCE` for a value that clients would reject
 */
export function translateForReports(service: Service, previous?: ReportingResources): ReportingResources {
  const ports = distinctPorts(service.ports).distinct;
  const names = ports.map(({ port }) => canonicalName(service, port));
  const policy = clusterPolicyOf(service.policy);
  const isSamePolicy = previous !== undefined && isDeepStrictEqual(clusterPolicyOf(previous.service.policy), policy);
  const merged = clusters(names, policy, isSamePolicy ? previous.merged : []);
  if (!hasPodLocalities(service)) return { service, merged, podClusters: merged, podAssignments: new Map() };
  const before = previous !== undefined && hasPodLocalities(previous.service) ? previous : undefined;
  return {
    service,
    merged,
    podClusters: clusters(names, { policies: ['round_robin'], ...policy }, isSamePolicy ? before?.podClusters : []),
    podAssignments: new Map(
      ports.map((port) => {
        const encoded = before?.podAssignments.get(port.port);
        const earlier = before?.service.ports.find((other) => other.port === port.port);
        const isSame = encoded !== undefined && isDeepStrictEqual(earlier?.endpoints, port.endpoints);
        return [port.port, isSame ? encoded : podAssignment(service, port)];
      }),
    ),
  };
}

/** Whether clients that can take it get each endpoint of a Service as a locality. */
export function hasPodLocalities({ internalTrafficPolicy, policy }: Service): boolean {
  return internalTrafficPolicy !== 'Local' && policy.podLocalities !== false;
}

/** The name of an endpoint's locality, which is what reports about it have in `sub_zone`: `10.0.0.1:50051`. */
export function podLocalityName({ address, port }: Pick<Endpoint, 'address' | 'port'>): string {
  return formatAddress(address, port);
}

function clusters(names: readonly string[], policy: ClusterPolicy, previous: readonly EncodedResource[] = []) {
  return names.map(
    (name) =>
      previous.find((cluster) => cluster.name === name) ?? buildEdsCluster({ ...policy, name, reportLoad: true }),
  );
}

/**
 * The assignment in which each endpoint of a port is a locality.
 *
 * @param weights - of the endpoints, in their order; default: all alike
 */
export function podAssignment(
  service: Service,
  { port, endpoints }: ServicePort,
  weights?: readonly number[],
): EncodedResource {
  const weightOf = weights && new Map(endpoints.map((endpoint, index) => [endpoint, weights[index]]));
  return buildAssignment({
    clusterName: canonicalName(service, port),
    localities: distinctEndpoints(endpoints).map((endpoint) => {
      const { region, zone } = endpoint.locality;
      return {
        region,
        zone,
        subZone: podLocalityName(endpoint),
        weight: weightOf?.get(endpoint),
        endpoints: [endpoint],
      };
    }),
  });
}
