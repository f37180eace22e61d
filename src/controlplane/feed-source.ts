import type { ClientStatus } from '@evenkeel/xds';
import { formatAddress } from '../base/listen-address.ts';
import type { EndpointSummary, FeedSource, PortSummary } from '../feed/feed-source.ts';
import type { ControlRow } from '../feed/rows.ts';
import type { Timeline, TimelinePod } from '../feed/timeline.ts';
import type { HealthState } from '../health/target.ts';
import type { LoadView } from '../load/load-view.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { type Service, type ServiceId, type ServicePort, serviceKey } from '../model/service.ts';
import type { Plan } from '../plan/plan-input.ts';
import { canonicalName, distinctPorts } from '../translate/targets.ts';
import type { Readiness } from './admin-server.ts';
import { clientRow } from './client-row.ts';
import { type ClientFacts, viewClient } from './client-view.ts';
import { setsOf } from './config-dump.ts';
import { endpointState } from './endpoint-state.ts';
import type { LoadReports } from './load-reports.ts';
import type { PublishedService } from './publisher.ts';

/** The parts of a control plane that its page shows. */
export interface FeedParts {
  readonly version: string;
  readonly readiness: () => Readiness;
  readonly streams: () => number;
  readonly loads: () => LoadReports | undefined;
  readonly services: () => readonly PublishedService[];
  readonly healthOf: (service: Service, endpoint: Endpoint) => HealthState | undefined;
  readonly problemsOf: (id: ServiceId) => readonly string[];
  readonly planOf: (port: string) => Pick<Plan, 'why' | 'groups'> | undefined;
  readonly clients: () => readonly ClientStatus[];
  readonly clientFacts: () => ClientFacts;
  readonly ejectedOf: (service: Service, port: number, endpoint: Endpoint) => { readonly why: string } | null;
  readonly control: () => readonly ControlRow[];
  readonly timeline: Timeline;
}

/** Different sets of endpoints that are shown of a plan. */
const mostSets = 20;

/** What the page of a control plane is made of. */
export function feedSource(parts: FeedParts): FeedSource {
  const { version, services, timeline } = parts;
  return {
    version,
    readiness: parts.readiness,
    streams: parts.streams,
    load: (): LoadView | undefined => parts.loads()?.view(),
    *ports() {
      for (const published of services()) yield* portsOf(published, parts);
    },
    endpoints(wanted) {
      for (const published of services()) {
        if (!wanted.startsWith(`${serviceKey(published.service)}:`)) continue;
        const port = distinctPorts(published.service.ports).distinct.find(
          (one) => canonicalName(published.service, one.port) === wanted,
        );
        if (port !== undefined) return port.endpoints.map((endpoint) => summaryOf(published, port, endpoint, parts));
      }
      return undefined;
    },
    plan(port) {
      const plan = parts.planOf(port);
      return plan && { why: plan.why, sets: setsOf(plan).slice(0, mostSets) };
    },
    trend: (port) => parts.loads()?.trend(port),
    events: (port) => timeline.of(port),
    *clients() {
      const facts = parts.clientFacts();
      for (const status of parts.clients()) yield clientRow(viewClient(status, facts), status.node);
    },
    control: parts.control,
  };
}

/** The pods of a Service by port: those that clients are sent to, and those that are ejected meanwhile. */
export function noteOnTimeline(
  timeline: Timeline,
  { service, selections }: PublishedService,
  ejectedOf: FeedParts['ejectedOf'],
): void {
  for (const { port, endpoints } of distinctPorts(service.ports).distinct) {
    const selection = selections.get(port);
    const pods: TimelinePod[] = [];
    const ejected = new Map<string, string>();
    const unready = new Map<string, string>();
    for (const endpoint of endpoints) {
      const why = ejectedOf(service, port, endpoint)?.why;
      const address = formatAddress(endpoint.address, endpoint.port);
      if (why === undefined && selection?.published.has(endpoint) !== true) {
        if (!endpoint.conditions.ready)
          unready.set(address, endpoint.conditions.terminating ? 'terminating' : 'not ready');
        continue;
      }
      pods.push({ address, pod: endpoint.pod });
      if (why !== undefined) ejected.set(endpoint.pod ?? address, why);
    }
    timeline.pods(canonicalName(service, port), pods, unready);
    timeline.ejected(canonicalName(service, port), ejected);
  }
}

/** A Service is gone. */
export function forgetOnTimeline(timeline: Timeline, published: PublishedService | undefined): void {
  for (const { port } of published?.service.ports ?? []) timeline.removed(canonicalName(published!.service, port));
}

function* portsOf(
  { service, selections, rejected }: PublishedService,
  { problemsOf }: FeedParts,
): Generator<PortSummary> {
  const problems = [
    ...(rejected === undefined ? [] : [`clients would reject its newest state: ${rejected.message}`]),
    ...(service.problems ?? []),
    ...problemsOf(service),
  ];
  for (const { port, name, endpoints } of distinctPorts(service.ports).distinct) {
    yield {
      ...{ namespace: service.namespace, name: service.name, port, portName: name, problems },
      published: selections.get(port)?.published.size ?? 0,
      known: endpoints.length,
    };
  }
}

function summaryOf(
  { service, selections }: PublishedService,
  { port }: ServicePort,
  endpoint: Endpoint,
  { healthOf }: FeedParts,
): EndpointSummary {
  return {
    pod: endpoint.pod ?? null,
    address: formatAddress(endpoint.address, endpoint.port),
    zone: endpoint.locality.zone,
    kubeNode: endpoint.kubeNode ?? '',
    state: endpointState(endpoint, selections.get(port), healthOf(service, endpoint)),
  };
}
