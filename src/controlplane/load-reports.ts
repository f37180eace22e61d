import { type GrpcRouter, LoadReportService, type Peer, type XdsNode } from '@evenkeel/xds';
import { type Clock, systemClock } from '../base/clock.ts';
import { splitAddress } from '../base/listen-address.ts';
import type { TrendRow } from '../feed/rows.ts';
import type { Timeline } from '../feed/timeline.ts';
import { Trends } from '../feed/trends.ts';
import { callerOf } from '../load/caller.ts';
import { callerTotals } from '../load/caller-totals.ts';
import { countsIssued } from '../load/calls-of.ts';
import { HearingCost } from '../load/hearing-cost.ts';
import { LoadStore } from '../load/load-store.ts';
import type { LoadView } from '../load/load-view.ts';
import { type Hearing, reportIntervalMs, reportsTooOften } from '../load/report-interval.ts';
import type { KnownPod } from '../load/service-load.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { type ServiceId, serviceKey } from '../model/service.ts';
import type { HeardCalls, HeardWork } from '../plan/plan-input.ts';
import { podLocalityName } from '../translate/pod-localities.ts';
import { canonicalName, distinctPorts } from '../translate/targets.ts';
import type { Ejections } from './ejections.ts';
import type { Metrics } from './metrics.ts';
import { namespaceOf } from './node-namespace.ts';
import type { PublishedService } from './publisher.ts';
import { callerName, callerZone } from './steering.ts';

export interface LoadReportsOptions {
  readonly metrics: Metrics;
  /** Which clusters a client may report about; undefined: all. */
  readonly access: (node: XdsNode, peer: Peer) => ((clusterName: string) => boolean) | undefined;
  /** The zone of a Kubernetes node. */
  readonly zoneOf: (kubeNode: string) => string | undefined;
  /** Takes part in what is heard; undefined: nothing is ejected. */
  readonly ejections?: Ejections | undefined;
  /** Gets verdicts that change, and pods that are ejected. */
  readonly timeline: Timeline;
  readonly clock?: Clock | undefined;
}

const tickMs = 1_000;
/** Callers of a Service that have a time series each. */
const callersWithSeries = 50;

/** Hears clients' load reports, and says what they come to. */
export class LoadReports {
  readonly #options: LoadReportsOptions;
  readonly #clock: Clock;
  readonly #store: LoadStore;
  readonly #service: LoadReportService;
  readonly #cost = new HearingCost();
  readonly #trends = new Trends();
  readonly #observers = new Set<(view: LoadView) => void>();
  /** Clusters of a Service, by its key. */
  readonly #clusters = new Map<string, ReadonlySet<string>>();
  #cancel: () => void;
  #ticks = 0;

  constructor(options: LoadReportsOptions) {
    const { metrics, access, ejections, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#store = new LoadStore({ clock, ejected: (cluster, address) => ejections?.view(cluster, address) ?? null });
    this.#service = new LoadReportService({
      clock,
      access,
      intervalMs: (node) => reportIntervalMs(this.#hearing(node, this.#store.streams + 1)),
      isOutdated: ({ intervalMs, node }) => reportsTooOften(intervalMs, this.#hearing(node, this.#store.streams)),
      onOpen: ({ id, node, intervalMs, peer }) => {
        const metadata = { ...node.metadata, namespace: namespaceOf(node) };
        const isIssuedCounted = countsIssued(node);
        this.#store.opened(id, callerOf({ ...node, metadata }, options.zoneOf), intervalMs, isIssuedCounted);
        ejections?.opened(id, { intervalMs, isIssuedCounted, from: splitAddress(peer.address).host });
      },
      onReport: ({ clusters, hidden, bytes }, { id, hold }) => {
        metrics.count('evenkeel_load_reports_total');
        metrics.count('evenkeel_load_report_bytes_total', {}, bytes);
        const heldBytes = this.#cost.measure(() => {
          const ignored = this.#store.report(id, clusters);
          const held = ejections?.report(id, clusters) ?? 0;
          for (const [kind, count] of Object.entries({ ...ignored, hidden })) {
            if (count > 0) metrics.count('evenkeel_load_ignored_total', { kind }, count);
          }
          return held;
        });
        hold(heldBytes);
      },
      onClose: ({ id }) => {
        this.#store.closed(id);
        ejections?.closed(id);
      },
      onRefused: (_peer, { code }) => metrics.count('evenkeel_load_streams_refused_total', { code: String(code) }),
    });
    this.#cancel = clock.after(tickMs, () => this.#tick());
  }

  #hearing({ userAgentName }: XdsNode, streams: number): Hearing {
    const { localitiesPerReport } = this.#store;
    const measuredMs = this.#cost.reportMs;
    return { streams, localitiesPerReport, isEnvoy: userAgentName === 'envoy', measuredMs };
  }

  /** Serves the reports there. */
  addTo(router: GrpcRouter): void {
    this.#service.addTo(router);
  }

  /** Ends its timer. */
  close(): void {
    this.#cancel();
    this.#options.ejections?.close();
    this.#observers.clear();
  }

  /** The state of a Service in the cache is this. */
  published({ reports, selections }: PublishedService): void {
    if (reports === undefined) return;
    const { service } = reports;
    const key = serviceKey(service);
    const ports = distinctPorts(service.ports).distinct;
    const clusters = new Set(ports.map(({ port }) => canonicalName(service, port)));
    for (const before of this.#clusters.get(key) ?? []) if (!clusters.has(before)) this.#serviceRemoved(before);
    this.#clusters.set(key, clusters);
    const { namespace, name } = service;
    for (const { port, endpoints } of ports) {
      const ejected = [...(selections.get(port)?.ejected ?? [])].map(knownPod);
      const known = {
        cluster: canonicalName(service, port),
        namespace,
        name,
        port,
        pods: endpoints.map(knownPod),
        ejected,
      };
      this.#store.serviceChanged(known);
      this.#options.ejections?.serviceChanged(known, service.policy);
    }
  }

  /** A Service is gone. */
  removed(id: ServiceId): void {
    for (const cluster of this.#clusters.get(serviceKey(id)) ?? []) this.#serviceRemoved(cluster);
    this.#clusters.delete(serviceKey(id));
  }

  #serviceRemoved(cluster: string): void {
    this.#store.serviceRemoved(cluster);
    this.#options.ejections?.serviceRemoved(cluster);
  }

  /** Calls of a Service port over the last minutes; undefined where nothing was reported. */
  trend(port: string): TrendRow | undefined {
    return this.#trends.of(port);
  }

  /** Calls of the window, by caller, as plans have them. */
  heard(cluster: string): HeardCalls[] {
    return this.#store.callsByCaller(cluster).map(({ caller: { namespace, workload, zone }, calls }) => ({
      caller: callerName(namespace, workload),
      zone: callerZone(zone),
      calls,
    }));
  }

  /** The work of each pod since it came, as plans have it. */
  work(cluster: string): HeardWork[] {
    return this.#store.totalsByPod(cluster).map(({ address, total }) => ({
      key: address,
      ended: total.succeeded,
      inFlightMs: Math.round(total.inFlightMs),
      seen: total.seenInFlight,
    }));
  }

  /** Whether clients report that a pod answers, by the calls of the last seconds. */
  isAnswering(cluster: string, address: string): boolean {
    return this.#store.isAnswering(cluster, address);
  }

  /** What is known now. */
  view(): LoadView {
    return this.#store.view();
  }

  /** Calls `observer` about once a second; returns what ends it. */
  observe(observer: (view: LoadView) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Reads what is shown as metrics. */
  readMetrics(): void {
    const { metrics } = this.#options;
    const calls: [Record<string, string>, number][] = [];
    const failed: [Record<string, string>, number][] = [];
    const verdicts: [Record<string, string>, number][] = [];
    for (const { known, callers } of this.#store.services()) {
      const service = { namespace: known.namespace, service: known.name, port: String(known.port) };
      verdicts.push([{ ...service, verdict: this.#store.verdictOf(known.cluster) }, 1]);
      for (const total of callerTotals(callers.values(), callersWithSeries)) {
        const labels = { ...service, caller: `${total.namespace}/${total.workload}` };
        calls.push([labels, total.calls]);
        failed.push([labels, total.failed]);
      }
    }
    metrics.set('evenkeel_load_streams', [[{}, this.#store.streams]]);
    metrics.read('evenkeel_load_calls_total', calls);
    metrics.read('evenkeel_load_calls_failed_total', failed);
    metrics.set('evenkeel_load_verdict', verdicts);
    this.#options.ejections?.readMetrics();
  }

  #tick(): void {
    this.#cancel = this.#clock.after(tickMs, () => this.#tick());
    this.#store.tick();
    this.#ticks += 1;
    if ((this.#ticks * tickMs) % this.#trends.stepMs === 0) this.#step();
    if (this.#observers.size === 0) return;
    const view = this.#store.view();
    for (const observer of this.#observers) observer(view);
  }

  #step(): void {
    const services = this.#store.services();
    this.#trends.step(
      services.map(({ known: { cluster }, all: { total } }) => [cluster, total.calls, total.failed]),
      Date.now(),
    );
    for (const {
      known: { cluster },
    } of services) {
      this.#options.timeline.verdict(cluster, this.#store.verdictOf(cluster), '');
    }
  }
}

function knownPod(endpoint: Endpoint): KnownPod {
  return { address: podLocalityName(endpoint), pod: endpoint.pod, zone: endpoint.locality.zone };
}
