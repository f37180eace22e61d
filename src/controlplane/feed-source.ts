import type { ClientStatus } from '@evenkeel/xds';
import { formatAddress } from '../base/listen-address.ts';
import type { EndpointSummary, FeedClient, FeedSource, PortSummary } from '../feed/feed-source.ts';
import type { ControlRow } from '../feed/rows.ts';
import type { Timeline } from '../feed/timeline.ts';
import type { HealthState } from '../health/target.ts';
import { callerOf, unknown } from '../load/caller.ts';
import type { LoadView } from '../load/load-view.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { type Service, type ServiceId, type ServicePort, serviceKey } from '../model/service.ts';
import { canonicalName, distinctPorts } from '../translate/targets.ts';
import type { Readiness } from './admin-server.ts';
import { endpointState } from './endpoint-state.ts';
import { kubeNodeZones } from './kube-node-zones.ts';
import type { LoadReports } from './load-reports.ts';
import { kubeNodeOf } from './node-group.ts';
import { namespaceOf } from './node-namespace.ts';
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
  readonly clients: () => readonly ClientStatus[];
  readonly control: () => readonly ControlRow[];
  readonly timeline: Timeline;
}

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
    trend: (port) => parts.loads()?.trend(port),
    events: (port) => timeline.of(port),
    *clients() {
      const zones = kubeNodeZones(services());
      for (const status of parts.clients()) yield clientOf(status, zones);
    },
    control: parts.control,
  };
}

/** The pods that clients of a Service are sent to, by port. */
export function noteOnTimeline(timeline: Timeline, { service, selections }: PublishedService): void {
  for (const { port, endpoints } of distinctPorts(service.ports).distinct) {
    const published = selections.get(port)?.published;
    timeline.pods(
      canonicalName(service, port),
      endpoints
        .filter((endpoint) => published?.has(endpoint))
        .map((endpoint) => ({ address: formatAddress(endpoint.address, endpoint.port), pod: endpoint.pod })),
    );
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

function clientOf(status: ClientStatus, zones: ReadonlyMap<string, string>): FeedClient {
  const { node } = status;
  const metadata = { ...node.metadata, namespace: namespaceOf(node) };
  const { namespace, workload, zone } = callerOf({ ...node, metadata }, (kubeNode) => zones.get(kubeNode));
  const known = (text: string): string => (text === unknown ? '' : text);
  return { status, namespace, workload: known(workload), zone: known(zone), kubeNode: kubeNodeOf(node) ?? '' };
}
