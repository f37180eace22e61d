import { isDeepStrictEqual } from 'node:util';
import { buildApiListener, buildAssignment, buildEdsCluster, buildRoute, type EncodedResource } from '@evenkeel/xds';
import type { Endpoint } from '../model/endpoint.ts';
import type { Service, ServicePort } from '../model/service.ts';
import { callRule } from './call-rule.ts';
import { clusterPolicyOf } from './cluster-policy.ts';
import { singleLocality } from './single-locality.ts';
import { aliasesOf, canonicalName, defaultClusterDomain, distinctPorts, type ServiceAliases } from './targets.ts';

/** The resources of one Service. */
export interface TranslatedService extends ServiceAliases {
  /** What was translated; its endpoints are those that are published. */
  readonly service: Service;
  /** Domain that the longest form of its names ends in. */
  readonly clusterDomain: string;
  /** Listeners of full names, canonical routes and clusters: for every node. */
  readonly shared: readonly EncodedResource[];
  /** Listeners of bare names: for nodes of the Service's namespace alone. */
  readonly own: readonly EncodedResource[];
  /** Assignments by Service port: for every node. Empty ones with `internalTrafficPolicy: Local`. */
  readonly assignments: ReadonlyMap<number, EncodedResource>;
  /** With `internalTrafficPolicy: Local` the same by Kubernetes node that has endpoints, for the clients there. */
  readonly local: ReadonlyMap<string, ReadonlyMap<number, EncodedResource>>;
}

/**
 * Translates one Service. Pure: the same Service gives the same bytes, in every replica and after a restart.
 *
 * One route, one cluster and one assignment a port, whatever number of names lead there: a change of endpoints encodes
 * the assignments that it touches and nothing else.
 *
 * @param service - the Service with the endpoints to publish, not all that exist
 * @param previous - an earlier translation of the same Service; what did not change since is taken from there
 * @throws ResourceError (`EK_XDS_RESOURCE`) for a value that clients would reject
 */
export function translateService(
  service: Service,
  previous?: TranslatedService,
  clusterDomain = defaultClusterDomain,
): TranslatedService {
  const ports = distinctPorts(service.ports).distinct;
  const isLocal = service.internalTrafficPolicy === 'Local';
  return {
    ...(previous !== undefined &&
    previous.clusterDomain === clusterDomain &&
    sameButEndpoints(previous.service, service)
      ? namedParts(previous)
      : translateNames(service, ports, clusterDomain)),
    service,
    clusterDomain,
    assignments: new Map(
      ports.map((port) => [
        port.port,
        assignmentOf(service, isLocal ? { ...port, endpoints: [] } : port, {
          service: previous?.service,
          endpoints: previous && visibleOf(previous.service, port.port),
          encoded: previous?.assignments.get(port.port),
        }),
      ]),
    ),
    local: isLocal ? localOf(service, ports, previous) : new Map(),
  };
}

type NamedParts = Pick<TranslatedService, 'aliases' | 'refused' | 'shared' | 'own'>;

function namedParts({ aliases, refused, shared, own }: TranslatedService): NamedParts {
  return { aliases, refused, shared, own };
}

/** Whether two states of a Service differ in endpoints at most, or in what is only for people. */
function sameButEndpoints(one: Service, other: Service): boolean {
  const rest = ({ ports, problems: _problems, ...service }: Service) => ({
    ...service,
    ports: ports.map(({ endpoints: _endpoints, ...port }) => port),
  });
  return isDeepStrictEqual(rest(one), rest(other));
}

function translateNames(service: Service, ports: readonly ServicePort[], clusterDomain: string): NamedParts {
  const { aliases, refused } = aliasesOf(service, clusterDomain);
  const reachable = new Set(aliases.map(({ port }) => port));
  const canonical = ports.filter(({ port }) => reachable.has(port)).map(({ port }) => canonicalName(service, port));
  const listeners = (scope: 'shared' | 'namespace') =>
    aliases
      .filter((alias) => alias.scope === scope)
      .map(({ listener, port }) => buildApiListener({ name: listener, routeName: canonicalName(service, port) }));
  return {
    aliases,
    refused,
    shared: [
      ...canonical.flatMap((name) => [
        buildEdsCluster({ name, ...clusterPolicyOf(service.policy) }),
        buildRoute({ name, rules: [callRule(name, service.policy)] }),
      ]),
      ...listeners('shared'),
    ],
    own: listeners('namespace'),
  };
}

/** What was encoded before, and of what. */
interface Before {
  readonly service: Service | undefined;
  readonly endpoints: readonly Endpoint[] | undefined;
  readonly encoded: EncodedResource | undefined;
}

function assignmentOf(service: Service, port: ServicePort, before: Before): EncodedResource {
  if (
    before.encoded !== undefined &&
    isDeepStrictEqual(before.endpoints, port.endpoints) &&
    isDeepStrictEqual(before.service?.locality, service.locality)
  ) {
    return before.encoded;
  }
  return mergedAssignment(service, port);
}

/** The assignment in which all endpoints of a port are in one locality. */
export function mergedAssignment(service: Service, { port, endpoints }: ServicePort): EncodedResource {
  return buildAssignment({
    clusterName: canonicalName(service, port),
    localities: singleLocality(endpoints, service.locality),
  });
}

/** The endpoints that stand in the assignment of a port for every node. */
function visibleOf({ internalTrafficPolicy, ports }: Service, port: number): readonly Endpoint[] | undefined {
  const found = ports.find((other) => other.port === port);
  return found && internalTrafficPolicy === 'Local' ? [] : found?.endpoints;
}

/** An assignment of each port for each Kubernetes node that has endpoints: every endpoint stands in one of them. */
function localOf(service: Service, ports: readonly ServicePort[], previous?: TranslatedService) {
  const byNode = new Map<string, Map<number, EncodedResource>>();
  for (const port of ports) {
    const before = previous?.service.ports.find((other) => other.port === port.port)?.endpoints ?? [];
    const earlier = Map.groupBy(before, ({ kubeNode }) => kubeNode);
    for (const [kubeNode, endpoints] of Map.groupBy(port.endpoints, (endpoint) => endpoint.kubeNode)) {
      // Nobody is known to be on the same node as an endpoint whose node is unknown.
      if (kubeNode === undefined) continue;
      const assignments = byNode.get(kubeNode) ?? new Map<number, EncodedResource>();
      byNode.set(kubeNode, assignments);
      const encoded = previous?.local.get(kubeNode)?.get(port.port);
      const known = { service: previous?.service, endpoints: earlier.get(kubeNode), encoded };
      assignments.set(port.port, assignmentOf(service, { ...port, endpoints }, known));
    }
  }
  return byNode;
}
