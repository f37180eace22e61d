import { AdsServer, ClientStatusService, type Peer, SnapshotCache, typeUrls } from '@evenkeel/xds';
import { systemClock } from '../base/clock.ts';
import { isLoopback, type ListenAddress, listenError, splitAddress } from '../base/listen-address.ts';
import type { Logger } from '../base/log.ts';
import { openFileLimit } from '../base/open-files.ts';
import { Feed } from '../feed/feed.ts';
import type { FeedSource } from '../feed/feed-source.ts';
import { Timeline } from '../feed/timeline.ts';
import { HealthChecker, type HealthCheckerOptions } from '../health/health-checker.ts';
import type { LoadView } from '../load/load-view.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { type Service, type ServiceId, serviceKey } from '../model/service.ts';
import type { Gateway } from '../translate/gateway.ts';
import { podLocalityName } from '../translate/pod-localities.ts';
import { canonicalName, whyNotServed } from '../translate/targets.ts';
import type { AdminSource, DumpQuery, Readiness, SourceAge } from './admin-server.ts';
import { AnsweringEndpoints } from './answering-endpoints.ts';
import { ResourceOwners } from './auth-owners.ts';
import { type ChangeTrace, ChangeTraces } from './change-traces.ts';
import { clientFormOf } from './client-form.ts';
import { groupOfClient, splitGroup } from './client-number.ts';
import type { ClientFacts } from './client-view.ts';
import { type ClientsView, clientsView } from './clients-view.ts';
import { configDump } from './config-dump.ts';
import { placesWithin } from './connection-places.ts';
import { controlRows } from './control-rows.ts';
import { type EjectedView, Ejections } from './ejections.ts';
import { EmptyPorts } from './empty-ports.ts';
import { type ExplainQuery, type ExplainView, explainView } from './explain-view.ts';
import { feedSource, forgetOnTimeline, noteOnTimeline } from './feed-source.ts';
import { GatewayPublisher } from './gateway-publisher.ts';
import { readGauges } from './gauges.ts';
import { kubeNodeZones } from './kube-node-zones.ts';
import { LoadReports } from './load-reports.ts';
import { MemoryReturn } from './memory-return.ts';
import { Metrics } from './metrics.ts';
import { MissingTargets } from './missing-targets.ts';
import { ModelStore } from './model-store.ts';
import { describeGroup, groupOf, kubeNodeOf, layersOf, wildcardOf } from './node-group.ts';
import { type MakeKubeEvents, ObjectEvents } from './object-events.ts';
import { PlannedCache } from './planned-cache.ts';
import { PublishLog } from './publish-log.ts';
import { inForm, type PublishedService, Publisher } from './publisher.ts';
import { readinessOf } from './readiness.ts';
import { type ReconnectSettings, Reconnects } from './reconnects.ts';
import { resourceErrorsOf } from './resource-errors.ts';
import { ServiceHealth } from './service-health.ts';
import type { NamedSource } from './sources.ts';
import { Steering } from './steering.ts';
import { StreamActivity } from './stream-activity.ts';
import { TlsEntrance, type TlsSettings } from './tls-entrance.ts';
import { isAwaited, UndecidedServices } from './undecided-services.ts';

export interface ControlPlaneOptions {
  /** In the order of precedence. */
  readonly sources: readonly NamedSource[];
  readonly health: HealthCheckerOptions['settings'];
  readonly clusterDomain: string;
  /** Default: none. */
  readonly gateways?: readonly Gateway[] | undefined;
  /** Serves with TLS as well; default: not. */
  readonly tls?: TlsSettings | undefined;
  /** Age at which a client is asked to reconnect, ±10 %; default 0, which is never. */
  readonly maxConnectionAgeMs?: number | undefined;
  /** Connections of clients at once, where the limit of open files allows so many; default 20,000. */
  readonly maxConnections?: number | undefined;
  /** Bytes that clients may make it hold, all together; default: by the memory of the process. */
  readonly memoryBytes?: number | undefined;
  /**
   * Whether clients report their load, whether by pod where they can, and whether pods that fail for everybody are ejected
   * (default: true). Default: they do not report.
   */
  readonly load?:
    | { readonly reports: boolean; readonly podLocalities: boolean; readonly ejection?: boolean | undefined }
    | undefined;
  /** Who may ask for the state of every client (CSDS), on the ports of clients. Default: nobody. */
  readonly clientStatus?: 'none' | 'loopback' | undefined;
  /** How clients spread when a replica comes; default: they do not. */
  readonly replicas?: ReconnectSettings | undefined;
  /** Without running for so long, the process has stood still, and its clients reconnect. Default 5,000. */
  readonly standstillMs?: number | undefined;
  /** Takes each change once the last client has answered it; default: changes are not followed. */
  readonly onChange?: ((trace: ChangeTrace) => void) | undefined;
  /** Writes Kubernetes Events about pods and Services that come from there. Default: nobody does. */
  readonly kubeEvents?: MakeKubeEvents | undefined;
  /** Shown in `/config_dump` and metrics. */
  readonly version: string;
  readonly log: Logger;
}

/** Where a control plane listens: without TLS and with it. */
export interface Listening {
  readonly xds: ListenAddress | undefined;
  readonly tls: ListenAddress | undefined;
}

/**
 * Discovery, health, translation and the xDS server as one: what sources tell becomes what clients get.
 *
 * Streams are refused until every source has told everything and the first health checks are in. After that nothing
 * takes readiness away: whatever fails, the last good state is served.
 */
export class ControlPlane implements AdminSource {
  readonly #options: ControlPlaneOptions;
  readonly #metrics = new Metrics();
  readonly #cache = new SnapshotCache({
    wildcard: (group, typeUrl) => wildcardOf(group, typeUrl === typeUrls.listener),
    layers: layersOf,
    undecided: (group, typeUrl, name) => this.#undecided.has(group, typeUrl, name),
  });
  readonly #planned = new PlannedCache(
    this.#cache,
    (client, name) => this.#steering.assignmentOf(client, name),
    (client, name) => this.#steering.isWeighted(client, name),
  );
  readonly #steering: Steering;
  readonly #undecided: UndecidedServices;
  readonly #store: ModelStore;
  readonly #checker: HealthChecker;
  readonly #health: ServiceHealth;
  readonly #publisher: Publisher;
  readonly #emptyPorts: EmptyPorts;
  readonly #gateways: GatewayPublisher;
  readonly #activity: StreamActivity;
  readonly #owners = new ResourceOwners();
  readonly #entrance: TlsEntrance | undefined;
  readonly #server: AdsServer;
  readonly #reconnects: Reconnects;
  readonly #memoryReturn = new MemoryReturn({ clients: () => this.#server.open.sessions });
  /** Undefined: nothing is ejected. */
  readonly #ejections: Ejections | undefined;
  /** Undefined: nothing is known of who answers. */
  readonly #answering: AnsweringEndpoints | undefined;
  /** Undefined: nobody listens. */
  readonly #loads: LoadReports | undefined;
  /** Undefined: nobody follows changes. */
  readonly #traces: ChangeTraces | undefined;
  readonly #objectEvents: ObjectEvents | undefined;
  readonly #timeline = new Timeline();
  /** What its page shows. */
  readonly feed: Feed;
  readonly #maxSessions: number;
  readonly #whenReady = Promise.withResolvers<void>();
  /** Services that must be published before the first stream is; undefined until all sources are synced. */
  #awaited: Set<string> | undefined;
  #ready = false;
  #zones: ReadonlyMap<string, string> | undefined;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    const { log, gateways = [], clusterDomain } = options;
    this.#undecided = new UndecidedServices({
      ...{ gateways, clusterDomain },
      isUndecided: (id) =>
        this.#store.get(id) === undefined
          ? options.sources.some(({ discovery }) => discovery.undecided?.(id) !== undefined)
          : isAwaited(this.#publisher.get(id)),
      isAnyUndecided: () =>
        options.sources.some(({ discovery }) => discovery.hasUndecided?.() === true) ||
        this.#publisher.waiting.length > 0,
    });
    const { onChange, kubeEvents } = options;
    const isOfKubernetes = (id: ServiceId): boolean => this.#store.sourceOf(id)?.startsWith('kubernetes') === true;
    this.#objectEvents =
      kubeEvents && new ObjectEvents({ make: kubeEvents, isOfKubernetes, metrics: this.#metrics, log });
    this.#traces =
      onChange && new ChangeTraces({ streamsOf: (...of) => this.#server.streamsOf(...of), done: onChange });
    const publishLog = new PublishLog(log);
    this.#steering = new Steering({
      clientsOf: (assignment) =>
        this.#server
          .streamsOf(typeUrls.endpoint, assignment)
          .flatMap(({ group }) => (group === undefined ? [] : (splitGroup(group).client ?? []))),
      changed: (name, clients, typeUrl) => this.#planned.changed(name, clients, typeUrl),
      podLocalities: options.load?.podLocalities ?? true,
      zoneOf: this.#zoneOf,
      heard: (assignment) => this.#loads?.heard(assignment),
      work: (assignment) => this.#loads?.work(assignment) ?? [],
      encoded: (resource, { namespace }) => this.#owners.claim([resource], { namespace }),
      log,
    });
    this.#emptyPorts = new EmptyPorts({
      clientsOf: (assignment) =>
        this.#server.streamsOf(typeUrls.endpoint, assignment).map(({ node }) => kubeNodeOf(node)),
      log,
    });
    this.#store = new ModelStore(
      options.sources.map(({ name }) => name),
      {
        changed: (service, source) => {
          this.#metrics.count('evenkeel_discovery_changes_total', { change: 'changed' });
          log.debug({ service: serviceKey(service), source }, 'service changed');
          this.#traces?.began(serviceKey(service), source);
          this.#objectEvents?.serviceChanged(service);
          this.#publisher.changed(this.#believed(service, source));
        },
        removed: (id) => {
          this.#metrics.count('evenkeel_discovery_changes_total', { change: 'removed' });
          log.info({ service: serviceKey(id) }, 'service removed');
          publishLog.removed(id);
          this.#traces?.removed(serviceKey(id));
          this.#objectEvents?.serviceRemoved(id);
          this.#loads?.removed(id);
          this.#answering?.removed(id);
          this.#emptyPorts.removed(id);
          forgetOnTimeline(this.#timeline, this.#publisher.get(id));
          this.#steering.removed(id);
          this.#publisher.removed(id);
          this.#zones = undefined;
        },
        sourceChanged: ({ name, degraded }) => {
          if (degraded === undefined) log.info({ source: name }, 'source is in order');
          else {
            this.#metrics.count('evenkeel_discovery_failures_total', { source: name, code: degraded.code });
            log.warn({ source: name, error: degraded.toJSON() }, 'source fails; its last good state is served');
          }
          this.#becomeReady();
        },
        conflict: (conflict) => log.warn(conflict, 'two sources have the same Service; the first one counts'),
      },
    );
    this.#checker = new HealthChecker({
      settings: options.health,
      observer: {
        changed: ({ target: { address, port }, groups, state, previous, reason }) => {
          this.#metrics.count('evenkeel_health_transitions_total', { state });
          const level = state === 'unhealthy' || previous === 'unhealthy' ? 'warn' : 'debug';
          log[level]({ address, port, services: groups, state, reason }, 'health changed');
          for (const group of groups) this.#refresh(group, 'health');
        },
        settled: (group) => this.#publisher.refresh(group),
        checked: (_target, { ok }) =>
          this.#metrics.count('evenkeel_health_checks_total', { result: ok ? 'passed' : 'failed' }),
      },
    });
    this.#health = new ServiceHealth(this.#checker);
    const { reports = false, podLocalities = true, ejection = true } = options.load ?? {};
    this.#ejections =
      reports && ejection
        ? new Ejections({
            ...{ clock: systemClock, metrics: this.#metrics, log },
            told: (...told) => this.#objectEvents?.ejection(...told),
            changed: (key) => this.#refresh(key, 'ejection'),
          })
        : undefined;
    this.#answering = reports
      ? new AnsweringEndpoints({
          clock: systemClock,
          isAnswering: (service, { port }, endpoint) =>
            this.#loads?.isAnswering(canonicalName(service, port), podLocalityName(endpoint)) === true,
          services: () => this.#store.services,
          changed: (key) => {
            const found = this.#store.services.find((service) => serviceKey(service) === key);
            if (found !== undefined) this.#publisher.changed(this.#believed(found, this.#store.sourceOf(found)!));
          },
        })
      : undefined;
    this.#publisher = new Publisher({
      cache: this.#cache,
      health: this.#health,
      clusterDomain: options.clusterDomain,
      reports,
      isEjected: (service, port, endpoint) => this.#ejectedOf(service, port, endpoint) !== null,
      observer: {
        published: (services) => {
          for (const published of services) {
            publishLog.published(published);
            this.#emptyPorts.published(published);
            this.#own(published);
            this.#loads?.published(published);
            noteOnTimeline(this.#timeline, published, this.#ejectedOf);
            this.#zones = undefined;
            this.#steering.published(published);
          }
          // Before that, thousands of Services may come one by one, and every one of them would change every route.
          if (this.#ready) this.#updateGateways();
          this.#traces?.published(services.map(({ service }) => serviceKey(service)));
          if (this.#undecided.takeAsked()) this.#server.resume();
          this.#becomeReady();
        },
        rejected: (id, error) => {
          // It is decided: there is nothing to wait for.
          if (this.#undecided.takeAsked()) this.#server.resume();
          this.#traces?.rejected(serviceKey(id));
          log.error({ service: serviceKey(id), error: error.toJSON() }, 'clients would reject this; not published');
        },
        withdrawn: (listeners) => {
          for (const listener of listeners) {
            for (const stream of this.#server.streamsOf(typeUrls.listener, listener))
              missing.withdrawn(stream, listener);
          }
        },
        damped: (id, endpoint) =>
          log.warn(
            { service: serviceKey(id), endpoint },
            'the endpoint comes and goes; it is kept back until it settles',
          ),
      },
    });
    this.#gateways = new GatewayPublisher({ gateways, cache: this.#cache, clusterDomain, log });
    const formOf = reports ? (podLocalities ? clientFormOf : () => 'merged' as const) : undefined;
    const gatewayNames = new Set(gateways.map(({ name }) => name));
    const missing = new MissingTargets({
      resourcesOf: (stream) => this.#server.resourcesOf(stream),
      why: this.#whyNotServed,
      metrics: this.#metrics,
      log,
    });
    const { maxConnections } = options;
    const places = placesWithin(openFileLimit(), maxConnections);
    if (places.sessions < placesWithin(undefined, maxConnections).sessions) {
      log.warn(
        places,
        'the limit of open files leaves room for fewer connections than xds.maxConnections; raise it (ulimit -n)',
      );
    }
    this.#maxSessions = places.sessions;
    const went = (client: number): void => this.#steering.went(client);
    this.#activity = new StreamActivity(this.#metrics, log, missing, this.#emptyPorts, went, this.#traces);
    // Before the server, so that it is known who is sent a change when that is sent.
    if (this.#traces !== undefined) this.#planned.observe(this.#traces.cacheChanged);
    this.#server = new AdsServer({
      cache: this.#planned,
      group: (node) => {
        const group = groupOf(node, gatewayNames, formOf);
        // An Envoy has one form, and reports only where its bootstrap says so.
        const form = describeGroup(group).form === undefined ? undefined : formOf?.(node);
        return groupOfClient(group, this.#steering.came(node, form));
      },
      // A client without a certificate came in without TLS, or where none is asked for: there are no rules for it.
      access: (_node, { certificate }) => certificate && this.#entrance?.filterOf(certificate),
      resourceErrors: (node, { certificate }) =>
        resourceErrorsOf(node, () => ({
          whyNotServed: this.#whyNotServed,
          rejectedOf: (id) => this.#publisher.get(id)?.rejected,
          clusterDomain,
          isRestricted: certificate !== undefined && this.#entrance?.filterOf(certificate) !== undefined,
        })),
      ready: false,
      maxConnectionAgeMs: options.maxConnectionAgeMs,
      memory: { totalBytes: options.memoryBytes },
      limits: { sessions: places.sessions },
      identifier: `evenkeel ${options.version}`,
      observer: this.#activity,
    });
    this.#loads = reports ? this.#hear() : undefined;
    if (options.clientStatus === 'loopback') {
      const access = ({ address }: Peer): boolean => isLoopback(splitAddress(address).host);
      new ClientStatusService({ server: this.#server, access }).addTo(this.#server.services);
    }
    const { replicas, standstillMs } = options;
    this.#reconnects = new Reconnects({ server: this.#server, replicas, standstillMs, metrics: this.#metrics, log });
    this.#entrance =
      options.tls &&
      new TlsEntrance({
        settings: options.tls,
        owners: this.#owners,
        metrics: this.#metrics,
        log,
        memory: this.#server.memory,
        shares: this.#server.shares,
        maxHandshakes: places.handshakes,
        accepted: (socket) => this.#server.acceptSocket(socket),
      });
    this.feed = new Feed({ source: this.#feedSource(options.version) });
  }

  /** Resolves once streams are accepted. */
  get whenReady(): Promise<void> {
    return this.#whenReady.promise;
  }

  /**
   * Begins to listen and to observe; resolves when both are under way. On failure nothing is left running.
   *
   * @throws EvenkeelError `EK_PORT_IN_USE`, or what a source finds wrong with its first state
   */
  async start(address: ListenAddress): Promise<ListenAddress> {
    return (await this.open(address)).xds!;
  }

  /**
   * As {@link start}, where there may be no server without TLS, and one with it.
   *
   * @throws EvenkeelError also `EK_TLS_CERTIFICATE`
   */
  async open(address: ListenAddress | undefined): Promise<Listening> {
    const starts = this.#options.sources.map(({ name, discovery }, index) =>
      discovery.start({
        ...this.#store.observerOf(index),
        reading: (what) => this.#metrics.count('evenkeel_discovery_reads_total', { source: name, ...what }),
      }),
    );
    const listens = Promise.allSettled([address && this.#listen(address), this.#entrance?.start()]);
    const started = await Promise.allSettled(starts);
    const [xds, tls] = await listens;
    const failure = [xds, tls, ...started].find((outcome) => outcome.status === 'rejected');
    if (failure !== undefined) {
      await this.stop();
      throw failure.reason;
    }
    this.#reconnects.start();
    this.#memoryReturn.start();
    return { xds: fulfilled(xds), tls: fulfilled(tls) };
  }

  /** Sources first, so that nothing that ends looks like a change; then the streams, with GOAWAY. */
  async stop(): Promise<void> {
    this.#reconnects.stop();
    this.#memoryReturn.stop();
    await Promise.all(this.#options.sources.map(({ discovery }) => discovery.stop()));
    this.#traces?.close();
    this.#objectEvents?.stop();
    this.#publisher.close();
    this.#emptyPorts.close();
    this.#steering.close();
    this.#loads?.close();
    this.#answering?.close();
    await this.#checker.stop();
    await this.#entrance?.stop();
    await this.#server.close();
  }

  /** The server is a library and knows no flags; a person is told which one to change. */
  #listen(address: ListenAddress): Promise<ListenAddress> {
    return this.#server.listen(address).catch((error: unknown) => {
      throw listenError(error instanceof Error ? (error.cause ?? error) : error, address, '--xds-listen');
    });
  }

  /** A line of the log was lost, as nobody read those before it. */
  logLineDropped(): void {
    this.#metrics.count('evenkeel_log_lines_left_out_total', { kind: 'unread' });
  }

  readiness(): Readiness {
    return readinessOf({
      ready: this.#ready,
      sources: this.#store.sources,
      conflicts: this.#store.conflicts,
      waiting: this.#publisher.waiting,
      rejected: this.#services.filter(({ rejected }) => rejected !== undefined),
      withoutEndpoints: this.#emptyPorts.wanted,
      ages: this.#ages,
      others: this.#entrance?.problems,
    });
  }

  /** Undefined where nobody listens. */
  load(): LoadView | undefined {
    return this.#loads?.view();
  }

  observeLoad(observer: (view: LoadView) => void): () => void {
    return this.#loads?.observe(observer) ?? (() => {});
  }

  async metrics(): Promise<{ contentType: string; text: string }> {
    this.#loads?.readMetrics();
    readGauges(this.#metrics, {
      version: this.#options.version,
      ready: this.#ready,
      sources: this.#store.sources,
      unserved: this.#unserved,
      conflicts: this.#store.conflicts,
      services: this.#services,
      healthOf: this.#healthOf,
      healthReports: this.#checker.snapshot(),
      streams: this.#activity.streams,
      ages: this.#ages,
      withoutEndpoints: this.#emptyPorts.wanted,
      memory: this.#server.memory,
      certificateEndMs: this.#entrance?.notAfterMs,
    });
    return { contentType: this.#metrics.contentType, text: await this.#metrics.text() };
  }

  configDump(query: DumpQuery): object {
    return configDump(
      {
        version: this.#options.version,
        whyNotServed: this.#whyNotServed,
        readiness: this.readiness(),
        sources: this.#store.sources,
        unserved: this.#unserved,
        conflicts: this.#store.conflicts,
        services: this.#services,
        gateways: this.#gateways.gateways,
        problemsOf: (id) => this.#emptyPorts.problemsOf(id),
        planOf: (name) => this.#steering.planOf(name),
        sourceOf: (service) => this.#store.sourceOf(service),
        healthOf: this.#healthOf,
        ejectedOf: this.#ejectedOf,
        healthReports: this.#checker.snapshot(),
        clients: this.#server.clients(),
        clientFacts: this.#clientFacts,
      },
      query,
    );
  }

  clients(limit: number): ClientsView {
    return clientsView(this.#server.clients(), this.#clientFacts, this.#about, limit);
  }

  explain(query: ExplainQuery): ExplainView {
    return explainView(
      {
        about: this.#about,
        clusterDomain: this.#options.clusterDomain,
        services: this.#services,
        find: (id) => this.#publisher.get(id),
        problemsOf: (id) => this.#emptyPorts.problemsOf(id),
        sourceOf: (id) => this.#store.sourceOf(id),
        unserved: this.#unserved.values(),
        clients: this.#server.clients(),
        facts: this.#clientFacts,
        streamsOf: (typeUrl, name) => this.#server.streamsOf(typeUrl, name),
        healthOf: this.#healthOf,
        healthReports: this.#checker.snapshot(),
        ejectedOf: (service, port, endpoint) => this.#ejectedOf(service, port, endpoint),
        planOf: (name) => this.#steering.planOf(name),
      },
      query,
    );
  }

  get #about() {
    const { ready, reasons, degraded } = this.readiness();
    return { version: this.#options.version, asOf: new Date().toISOString(), ready, reasons, degraded };
  }

  get #clientFacts(): ClientFacts {
    return {
      resourcesOf: (stream) => this.#server.resourcesOf(stream),
      whyNotServed: this.#whyNotServed,
      identityOf: (certificate) => this.#entrance?.identityOf(certificate),
      zones: this.#kubeNodeZones,
    };
  }

  #refresh(service: string, cause: string): void {
    this.#traces?.began(service, cause);
    this.#publisher.refresh(service);
  }

  /** As it is to be published: Kubernetes may call endpoints not ready that clients call with success. */
  #believed(service: Service, source: string): Service {
    return source.startsWith('kubernetes') ? (this.#answering?.apply(service) ?? service) : service;
  }

  readonly #ejectedOf = (service: Service, port: number, endpoint: Endpoint): EjectedView | null =>
    this.#ejections?.view(canonicalName(service, port), podLocalityName(endpoint)) ?? null;

  #feedSource(version: string): FeedSource {
    return feedSource({
      version,
      timeline: this.#timeline,
      readiness: () => this.readiness(),
      streams: () => this.#activity.streams,
      loads: () => this.#loads,
      services: () => this.#services,
      healthOf: this.#healthOf,
      problemsOf: (id) => this.#emptyPorts.problemsOf(id),
      clients: () => this.#server.clients(),
      planOf: (port) => this.#steering.planOf(port),
      clientFacts: () => this.#clientFacts,
      ejectedOf: this.#ejectedOf,
      control: () =>
        controlRows({
          sources: this.#store.sources,
          ages: this.#ages,
          unserved: this.#unserved,
          conflicts: this.#store.conflicts,
          services: this.#services,
          gateways: this.#gateways.gateways,
          replicas: this.#reconnects.replicas,
          bounds: this.#bounds,
        }),
    });
  }

  /** What clients can make it hold, and how much of that they do. */
  get #bounds() {
    const { memory, open } = this.#server;
    return [
      {
        name: 'memory that clients make it hold',
        used: memory.usedBytes,
        most: memory.limits.totalBytes,
        unit: 'bytes',
      },
      { name: 'connections of clients', used: open.sessions, most: this.#maxSessions, unit: 'count' },
    ] as const;
  }

  /** The rules of who may see what hold for reports as well, on the same ports. */
  #hear(): LoadReports {
    const loads = new LoadReports({
      metrics: this.#metrics,
      ejections: this.#ejections,
      access: (_node, { certificate }) => {
        const filter = certificate && this.#entrance?.filterOf(certificate);
        if (filter === undefined) return undefined;
        return (name) => {
          const cluster = this.#cache.get(typeUrls.cluster, name);
          return cluster !== undefined && filter(cluster);
        };
      },
      zoneOf: this.#zoneOf,
      timeline: this.#timeline,
    });
    loads.addTo(this.#server.services);
    return loads;
  }

  /** Why clients of a namespace do not get a listener; undefined where they do. */
  readonly #whyNotServed = (listener: string, namespace: string): string | undefined => {
    let unknown: ServiceId | undefined;
    const find = (id: ServiceId): Service | undefined => {
      const service = this.#store.get(id);
      unknown = service === undefined ? id : undefined;
      return service;
    };
    const reason = whyNotServed(listener, namespace, find, this.#options.clusterDomain);
    if (reason === undefined || unknown === undefined) return reason;
    const id = unknown;
    const more = this.#options.sources.flatMap(
      ({ discovery }) => discovery.undecided?.(id) ?? discovery.excludes?.(id) ?? [],
    );
    return [reason, ...more].join('; ');
  };

  /** In the tick in which they came into the cache, so that no client is asked about before. */
  #own({ service: { namespace }, translated, reports, turns = [] }: PublishedService): void {
    if (this.#entrance === undefined || translated === undefined) return;
    const { shared, own, assignments, local } = translated;
    const reporting = [inForm(reports, 'merged'), inForm(reports, 'pods')];
    const byPort = [assignments, ...local.values()].map((each) => each.values());
    for (const resources of [shared, own, turns, ...byPort, ...reporting]) {
      this.#owners.claim(resources, { namespace });
    }
  }

  #updateGateways(): void {
    this.#gateways.update(this.#publisher.services);
    if (this.#entrance === undefined) return;
    for (const { gateway, translated } of this.#gateways.gateways) {
      this.#owners.claim(translated?.resources ?? [], { gateway: gateway.name });
    }
  }

  get #ages(): SourceAge[] {
    return this.#options.sources.flatMap(({ name, discovery }) => {
      const age = discovery.lastWordAgeMs?.();
      return age === undefined ? [] : { name, lastWordAgeMs: Math.round(age) };
    });
  }

  get #unserved() {
    return new Map(this.#options.sources.map(({ name, discovery }) => [name, discovery.unserved?.() ?? []]));
  }

  get #services() {
    return [...this.#publisher.services];
  }

  /** The zone of each Kubernetes node: learned from endpoints, and anew after each change of them. */
  get #kubeNodeZones(): ReadonlyMap<string, string> {
    this.#zones ??= kubeNodeZones(this.#services);
    return this.#zones;
  }

  readonly #zoneOf = (kubeNode: string): string | undefined => this.#kubeNodeZones.get(kubeNode);

  readonly #healthOf = (service: Service, endpoint: Endpoint) => this.#health.stateOf(service, endpoint);

  /** Opens the gate once; Services that come later are not waited for, or a busy cluster would never be served. */
  #becomeReady(): void {
    if (this.#ready || !this.#store.synced) return;
    const waiting = new Set(this.#publisher.waiting);
    this.#awaited ??= waiting;
    if (!this.#awaited.isDisjointFrom(waiting)) return;
    this.#updateGateways();
    this.#ready = true;
    this.#server.setReady(true);
    this.#options.log.info({ services: this.#services.length }, 'ready: streams are accepted');
    this.#whenReady.resolve();
  }
}

function fulfilled<Value>(outcome: PromiseSettledResult<Value>): Value | undefined {
  return outcome.status === 'fulfilled' ? outcome.value : undefined;
}
