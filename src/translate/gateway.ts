import {
  buildEdsCluster,
  buildRoute,
  buildSocketListener,
  type EncodedResource,
  type RouteRuleSpec,
  type VirtualHostSpec,
} from '@evenkeel/xds';
import { type Service, type ServiceId, type ServicePort, serviceKey } from '../model/service.ts';
import { defaultPort, findPort, isGrpcPort, isHttpPort } from '../model/service-port.ts';
import { callRule } from './call-rule.ts';
import { clusterPolicyOf } from './cluster-policy.ts';
import { canonicalName, defaultClusterDomain, distinctPorts, hostNamesOf } from './targets.ts';

/** What an Envoy in front of Services is told: where it listens and which Services it leads to. */
export interface Gateway {
  /** Unique; an Envoy names it in its bootstrap. */
  readonly name: string;
  /** Where Envoy listens, an IP literal and a port. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Services of this namespace can be called by their bare name. */
  readonly namespace: string;
  /** Absent: every gRPC port of every Service. */
  readonly services?: readonly GatewayService[] | undefined;
}

/** A Service port that a gateway leads to. */
export interface GatewayService extends ServiceId {
  /** Number or name of the port; absent: the Service's default port, as for a target without one. */
  readonly port?: string | undefined;
}

/** A part of a gateway that is not in force, and why. */
export interface GatewayProblem {
  /** `NAMESPACE/NAME[:PORT]` as it is configured, or a host that would be ambiguous. */
  readonly subject: string;
  readonly reason: string;
}

export interface TranslatedGateway {
  /** Listener, route configuration and clusters; the assignments are those of the Services. */
  readonly resources: readonly EncodedResource[];
  /** Hosts that it answers to, in the order of the routes. */
  readonly hosts: readonly { readonly domains: readonly string[]; readonly clusters: readonly string[] }[];
  readonly problems: readonly GatewayProblem[];
}

interface Selected {
  readonly service: Service;
  readonly ports: readonly ServicePort[];
}

/** Listener and route configuration of a gateway; no Service port has such a name. */
export function gatewayResourceName(gateway: string): string {
  return `gateway/${gateway}`;
}

/** Parses `NAMESPACE/NAME[:PORT]`; undefined where it is something else. */
export function parseGatewayService(text: string): GatewayService | undefined {
  const match = /^([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)\/([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)(?::([-a-z0-9]+))?$/.exec(text);
  if (match === null) return undefined;
  return { namespace: match[1]!, name: match[2]!, port: match[3] };
}

/**
 * Translates a gateway. Pure: it depends on the names and ports of the Services only, not on their endpoints.
 *
 * The routes are a resource of their own, so that a Service that comes or goes leaves the listener alone: Envoy drains the
 * connections of a listener that changes. Listener and routes exist from the start, even without a Service, since an Envoy
 * never gets ready where one of them is said not to exist.
 *
 * @throws EvenkeelError `EK_XDS_RESOURCE` for a value that Envoy would reject
 */
export function translateGateway(
  gateway: Gateway,
  services: Iterable<Service>,
  clusterDomain = defaultClusterDomain,
): TranslatedGateway {
  const problems: GatewayProblem[] = [];
  const selected = select(gateway, services, problems);
  const virtualHosts = selected.flatMap((one) => virtualHostsOf(one, gateway, clusterDomain));
  const name = gatewayResourceName(gateway.name);
  const { host: address, port } = gateway.listen;
  return {
    resources: [
      buildSocketListener({ name, address, port, routeName: name, statPrefix: gateway.name, edge: true }),
      buildRoute({ name, virtualHosts }),
      ...selected.flatMap(({ service, ports }) =>
        ports.map((each) =>
          buildEdsCluster({
            name: canonicalName(service, each.port),
            http2: protocolOf(each),
            ...clusterPolicyOf(service.policy),
          }),
        ),
      ),
    ],
    hosts: virtualHosts.map(({ domains, rules }) => ({
      domains,
      clusters: rules.map(({ cluster }) => cluster as string),
    })),
    problems,
  };
}

/** The Service ports that the gateway leads to, in the order of their names. */
function select(gateway: Gateway, services: Iterable<Service>, problems: GatewayProblem[]): Selected[] {
  const byKey = new Map([...services].map((service) => [serviceKey(service), service]));
  const selected = new Map<string, Selected>();
  const add = (service: Service, ports: readonly ServicePort[]): void => {
    const before = selected.get(serviceKey(service))?.ports ?? [];
    selected.set(serviceKey(service), { service, ports: [...new Set([...before, ...ports])] });
  };
  if (gateway.services === undefined) {
    for (const service of byKey.values()) {
      const grpc = distinctPorts(service.ports).distinct.filter(isGrpcPort);
      if (grpc.length > 0 && hostNamesOf(service).length > 0) add(service, grpc);
    }
  } else {
    for (const wanted of gateway.services) {
      const service = byKey.get(serviceKey(wanted));
      const found =
        service === undefined
          ? { reason: 'there is no such Service' }
          : findPort({ ports: distinctPorts(service.ports).distinct }, wanted.port);
      if (!('reason' in found)) add(service!, [found]);
      else {
        const suffix = wanted.port === undefined ? '' : `:${wanted.port}`;
        problems.push({ subject: `${serviceKey(wanted)}${suffix}`, reason: found.reason });
      }
    }
  }
  return [...selected]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { service, ports }]) => ({ service, ports: ports.toSorted((a, b) => a.port - b.port) }));
}

/**
 * The hosts of one Service. Where a host has a port that is one of several of the Service, it means that port; any other
 * one is where the caller reached Envoy and says nothing about the Service.
 */
function virtualHostsOf({ service, ports }: Selected, gateway: Gateway, clusterDomain: string): VirtualHostSpec[] {
  const names = hostNamesOf(service, clusterDomain).slice(service.namespace === gateway.namespace ? 0 : 1);
  // With a single Service named there is no doubt who is meant, however Envoy is called.
  const alone = new Set(gateway.services?.map(serviceKey)).size === 1 ? ['*'] : [];
  const domains = [...names.flatMap((name) => [name, `${name}:*`]), ...alone];
  const hosts: VirtualHostSpec[] = [{ name: serviceKey(service), domains, rules: defaultRules(service, ports) }];
  if (ports.length === 1) return hosts;
  const taken = new Set(ports.map(({ port }) => port));
  for (const { port, otherNumbers = [] } of ports) {
    const cluster = canonicalName(service, port);
    const numbers = [port, ...otherNumbers.filter((number) => !taken.has(number))];
    for (const number of numbers) taken.add(number);
    const domains = names.flatMap((name) => numbers.map((number) => `${name}:${number}`));
    hosts.push({ name: cluster, domains, rules: [callRule(cluster, service.policy)] });
  }
  return hosts;
}

/** Where a host without a port leads: gRPC calls to the gRPC port, everything else to the other one. */
function defaultRules(service: Service, ports: readonly ServicePort[]): RouteRuleSpec[] {
  const grpc = ports.filter(isGrpcPort);
  const other = ports.filter((port) => !isGrpcPort(port));
  const rules: RouteRuleSpec[] = [];
  for (const [candidates, match] of [
    [grpc, other.length === 0 ? undefined : { headers: [{ name: 'content-type', prefix: 'application/grpc' }] }],
    [other, undefined],
  ] as const) {
    const chosen = defaultPort({ ports: candidates });
    if ('reason' in chosen) continue;
    rules.push({ match, ...callRule(canonicalName(service, chosen.port), service.policy) });
  }
  return rules;
}

/** What Envoy speaks to the endpoints; of a port that does not say what it is, gRPC and HTTP/1.1 both have to work. */
function protocolOf(port: ServicePort): boolean | 'as-downstream' {
  if (isGrpcPort(port)) return true;
  return isHttpPort(port) ? false : 'as-downstream';
}
