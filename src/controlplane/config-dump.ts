import type { ClientStatus, EncodedResource } from '@evenkeel/xds';
import type { Unserved } from '../discovery/discovery.ts';
import type { HealthReport } from '../health/health-checker.ts';
import { type HealthState, targetKey } from '../health/target.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { type Service, type ServiceId, type ServicePort, serviceKey } from '../model/service.ts';
import { defaultPort } from '../model/service-port.ts';
import type { Plan } from '../plan/plan-input.ts';
import { canonicalName } from '../translate/targets.ts';
import type { DumpQuery, Readiness } from './admin-server.ts';
import { type ClientFacts, viewClient } from './client-view.ts';
import { endpointState, ruleMeanings } from './endpoint-state.ts';
import type { PublishedGateway } from './gateway-publisher.ts';
import type { Conflict, SourceState } from './model-store.ts';
import type { PublishedService } from './publisher.ts';
import { typeLabel } from './type-label.ts';

/** Everything that the dump is made of. */
export interface DumpInput {
  readonly version: string;
  readonly whyNotServed: (listener: string, namespace: string) => string | undefined;
  readonly readiness: Readiness;
  readonly sources: readonly SourceState[];
  /** By the name of the source. */
  readonly unserved: ReadonlyMap<string, readonly Unserved[]>;
  readonly conflicts: readonly Conflict[];
  readonly services: readonly PublishedService[];
  readonly gateways: readonly PublishedGateway[];
  /** What there is to say of a Service beside what discovery says. */
  readonly problemsOf: (id: ServiceId) => readonly string[];
  /** How a port is planned, by the name of its assignment; undefined where everybody sees all endpoints. */
  readonly planOf: (name: string) => Pick<Plan, 'why' | 'expected' | 'groups'> | undefined;
  readonly sourceOf: (service: Service) => string | undefined;
  readonly healthOf: (service: Service, endpoint: Endpoint) => HealthState | undefined;
  /** Why clients are not sent to an endpoint of a Service port, by what they report; null: they are. */
  readonly ejectedOf: (service: Service, port: number, endpoint: Endpoint) => object | null;
  readonly healthReports: readonly HealthReport[];
  readonly clients: readonly ClientStatus[];
  readonly clientFacts: ClientFacts;
}

/** The JSON of `/config_dump`: what is known, what became of it, and what clients made of that. */
export function configDump(input: DumpInput, query: DumpQuery): object {
  const { service: wanted, limit } = query;
  const chosen = input.services.filter(({ service }) => wanted === undefined || serviceKey(service) === wanted);
  const reports = new Map(input.healthReports.map((report) => [targetKey(report.target), report]));
  return {
    version: input.version,
    ...input.readiness,
    ...(query.target === undefined ? {} : { target: explainTarget(input, query.target, query.namespace) }),
    totals: { services: input.services.length, conflicts: input.conflicts.length, clients: input.clients.length },
    sources: input.sources.map(({ degraded, ...source }) => ({
      ...source,
      lastWordAgeMs: input.readiness.sources?.find(({ name }) => name === source.name)?.lastWordAgeMs,
      degraded: degraded?.toJSON(),
      unserved: input.unserved.get(source.name)?.map(({ namespace, error }) => ({ namespace, error: error.toJSON() })),
    })),
    conflicts: input.conflicts.slice(0, limit),
    services: chosen.slice(0, limit).map((published) => dumpService(published, input, reports, limit)),
    gateways: input.gateways.slice(0, limit).map((gateway) => dumpGateway(gateway, limit)),
    clients: input.clients.slice(0, limit).map((client) => viewClient(client, input.clientFacts)),
  };
}

function explainTarget({ whyNotServed }: DumpInput, listener: string, namespace: string): object {
  const reason = whyNotServed(listener, namespace);
  return { listener, namespace, served: reason === undefined, reason };
}

function dumpService(
  { service, selections, translated, rejected }: PublishedService,
  { sourceOf, healthOf, ejectedOf, problemsOf, planOf }: DumpInput,
  reports: ReadonlyMap<string, HealthReport>,
  limit: number,
): object {
  const chosen = defaultPort(service);
  const problems = [...(service.problems ?? []), ...problemsOf(service)];
  return {
    namespace: service.namespace,
    name: service.name,
    source: sourceOf(service),
    published: translated !== undefined,
    rejected: rejected?.toJSON(),
    problems: problems.length > 0 ? problems : undefined,
    internalTrafficPolicy: service.internalTrafficPolicy,
    trafficDistribution: service.policy.trafficDistribution,
    defaultPort: 'reason' in chosen ? undefined : chosen.port,
    healthCheck: service.policy.healthCheck,
    ports: service.ports.map((port) => {
      const selection = selections.get(port.port);
      return {
        ...describePort(port),
        rule: selection?.rule,
        because: selection && ruleMeanings[selection.rule],
        published: selection?.published.size ?? 0,
        plan: describePlan(planOf(canonicalName(service, port.port))),
        endpoints: port.endpoints.slice(0, limit).map((endpoint) => {
          const health = healthOf(service, endpoint);
          return {
            ...describeEndpoint(endpoint),
            state: endpointState(endpoint, selection, health),
            health: health && { state: health, ...describeReport(service, endpoint, reports) },
            ejected: ejectedOf(service, port.port, endpoint) ?? undefined,
          };
        }),
      };
    }),
    aliases: translated?.aliases.map(({ listener, scope, port }) => ({ listener, scope, port })) ?? [],
    refusedAliases: translated?.refused ?? [],
    resources:
      translated === undefined
        ? []
        : [...translated.shared, ...translated.assignments.values(), ...translated.own].map(describeResource),
  };
}

function describePort({ port, name, appProtocol, endpoints }: ServicePort): object {
  return { port, name, appProtocol, total: endpoints.length };
}

/** Why clients see what they see; `sets` are different ones of endpoints, the most common first. */
function describePlan(plan: ReturnType<DumpInput['planOf']>): object | undefined {
  if (plan === undefined) return undefined;
  return { why: plan.why, expected: plan.expected, sets: setsOf(plan) };
}

/** How many clients get how many endpoints, the most common first. */
export function setsOf({ groups }: Pick<Plan, 'groups'>): { readonly clients: number; readonly endpoints: number }[] {
  return groups
    .map(({ clients, pods }) => ({ clients: clients.length, endpoints: pods.length }))
    .sort((a, b) => b.clients - a.clients);
}

function describeEndpoint({ address, port, pod, kubeNode, weight, conditions, locality }: Endpoint): object {
  return { address, port, pod, kubeNode, weight, conditions, locality };
}

function describeReport(
  { policy }: Service,
  { address, port }: Endpoint,
  reports: ReadonlyMap<string, HealthReport>,
): object | undefined {
  if (policy.healthCheck === undefined) return undefined;
  const report = reports.get(targetKey({ address, port, policy: policy.healthCheck }));
  return report && { reason: report.reason, forMs: Math.round(report.forMs) };
}

function describeResource({ typeUrl, name, version, bytes }: EncodedResource): object {
  return { type: typeLabel(typeUrl), name, version, bytes: bytes.length };
}

function dumpGateway({ gateway, translated, rejected }: PublishedGateway, limit: number): object {
  return {
    name: gateway.name,
    listen: gateway.listen,
    namespace: gateway.namespace,
    rejected: rejected?.toJSON(),
    hosts: translated?.hosts.slice(0, limit) ?? [],
    problems: translated?.problems.slice(0, limit) ?? [],
    resources: translated?.resources.slice(0, limit).map(describeResource) ?? [],
  };
}
