import { isDeepStrictEqual } from 'node:util';
import type { Service, ServicePort } from '../model/service.ts';
import { buildApiListener, buildAssignment, buildEdsCluster, buildRoute, type EncodedResource } from '../xds/index.ts';
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
  /** Assignments by Service port: for every node. */
  readonly assignments: ReadonlyMap<number, EncodedResource>;
}

/**
 * Translates one Service. Pure: the same Service gives the same bytes, in every replica and after a restart.
 *
 * One route, one cluster and one assignment a port, whatever number of names lead there: a change of endpoints encodes
 * the assignments that it touches and nothing else.
 *
 * @param service - the Service with the endpoints to publish, not all that exist
 * @param previous - an earlier translation of the same Service; what did not change since is taken from there
 * @throws EvenkeelError `EK_XDS_RESOURCE` for a value that clients would reject
 */
export function translateService(
  service: Service,
  previous?: TranslatedService,
  clusterDomain = defaultClusterDomain,
): TranslatedService {
  const ports = distinctPorts(service.ports).distinct;
  return {
    ...(previous !== undefined && previous.clusterDomain === clusterDomain && sameNames(previous.service, service)
      ? namedParts(previous)
      : translateNames(service, ports, clusterDomain)),
    service,
    clusterDomain,
    assignments: new Map(ports.map((port) => [port.port, assignmentOf(service, port, previous)])),
  };
}

type NamedParts = Pick<TranslatedService, 'aliases' | 'refused' | 'shared' | 'own'>;

function namedParts({ aliases, refused, shared, own }: TranslatedService): NamedParts {
  return { aliases, refused, shared, own };
}

/** Whether two states of a Service have the same names and differ in endpoints at most. */
function sameNames(one: Service, other: Service): boolean {
  const names = ({ namespace, name, ports }: Service) => [
    namespace,
    name,
    ports.map((port) => [port.port, port.otherNumbers ?? [], port.name, port.appProtocol]),
  ];
  return isDeepStrictEqual(names(one), names(other));
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
      ...canonical.flatMap((name) => [buildEdsCluster({ name }), buildRoute({ name, cluster: name })]),
      ...listeners('shared'),
    ],
    own: listeners('namespace'),
  };
}

function assignmentOf(service: Service, port: ServicePort, previous?: TranslatedService): EncodedResource {
  const before = previous?.service.ports.find((other) => other.port === port.port);
  const encoded = previous?.assignments.get(port.port);
  if (
    encoded !== undefined &&
    isDeepStrictEqual(before?.endpoints, port.endpoints) &&
    isDeepStrictEqual(previous?.service.locality, service.locality)
  ) {
    return encoded;
  }
  return buildAssignment({
    clusterName: canonicalName(service, port.port),
    localities: singleLocality(port.endpoints, service.locality),
  });
}
