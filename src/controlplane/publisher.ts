import { type EncodedResource, type SnapshotCache, typeUrls } from '@evenkeel/xds';
import { type Clock, systemClock } from '../base/clock.ts';
import { type EvenkeelError, toEvenkeelError } from '../base/errors.ts';
import { formatAddress } from '../base/listen-address.ts';
import { FlapDamping } from '../health/damping.ts';
import { selectEndpoints, selectOnEachNode } from '../health/select-endpoints.ts';
import type { HealthState } from '../health/target.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { type Service, type ServiceId, serviceKey } from '../model/service.ts';
import { type ReportingResources, translateForReports } from '../translate/pod-localities.ts';
import { type TranslatedService, translateService } from '../translate/translate-service.ts';
import { turnClusters } from '../translate/turn-clusters.ts';
import { type ClientForm, clientForms } from './client-form.ts';
import type { PortSelection } from './endpoint-state.ts';
import { formGroup, kubeNodeGroup, turnsGroup } from './node-group.ts';
import type { ServiceHealth } from './service-health.ts';

/** A Service on its way to the cache. */
export interface PublishedService {
  /** As discovery tells it, with all its endpoints. */
  readonly service: Service;
  /** What was chosen of each port's endpoints, by port number; empty until the Service was published once. */
  readonly selections: ReadonlyMap<number, PortSelection>;
  /** What is in the cache; undefined while the first health checks run. */
  readonly translated?: TranslatedService | undefined;
  /** What is in the cache over it for clients that report their load; undefined where nobody listens. */
  readonly reports?: ReportingResources | undefined;
  /** Clusters that are in the cache over both for clients that are to take endpoints in turn where others weigh them. */
  readonly turns?: readonly EncodedResource[] | undefined;
  /** Why the newest state is not what is in the cache. */
  readonly rejected?: EvenkeelError | undefined;
}

export interface PublisherObserver {
  /** The state of these Services in the cache is up to date. */
  published(services: readonly PublishedService[]): void;
  /** Clients would reject the newest state of a Service; what they have stays. */
  rejected(id: ServiceId, error: EvenkeelError): void;
  /** These listeners exist no longer, for whichever group. */
  withdrawn?(listeners: readonly string[]): void;
  /** This endpoint comes and goes again and again, and is kept back until it has settled; its address and port. */
  damped?(id: ServiceId, endpoint: string): void;
}

export interface PublisherOptions {
  readonly cache: SnapshotCache;
  readonly health: ServiceHealth;
  readonly clusterDomain: string;
  readonly observer: PublisherObserver;
  /** Whether clients report their load. Default false. */
  readonly reports?: boolean | undefined;
  /** Whether clients are not to be sent to an endpoint of a Service port, because of what they report. Default: none is. */
  readonly isEjected?: ((service: Service, port: number, endpoint: Endpoint) => boolean) | undefined;
  readonly clock?: Clock | undefined;
}

/** The changes of one layer of the cache. */
interface LayerChange {
  readonly set: EncodedResource[];
  readonly remove: EncodedResource[];
}

/**
 * Brings what is discovered and how healthy it is into the cache.
 *
 * Changes of one tick (all Services of a file that was read, say) become one change of the cache. A Service appears
 * only after its first health checks: before them nothing is known, and what is published must not have to be taken
 * back.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #services = new Map<string, PublishedService>();
  readonly #dirty = new Set<string>();
  readonly #removed: PublishedService[] = [];
  readonly #damping: FlapDamping;
  #scheduled = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#damping = new FlapDamping(options.clock ?? systemClock, (key) => this.refresh(key));
  }

  /** Ends the timers that run. */
  close(): void {
    this.#damping.close();
  }

  /** A Service is new or different. */
  changed(service: Service): void {
    const key = serviceKey(service);
    this.#options.health.watch(service);
    this.#services.set(key, { selections: new Map(), ...this.#services.get(key), service });
    this.refresh(key);
  }

  /** A Service is gone, for certain. */
  removed(id: ServiceId): void {
    const key = serviceKey(id);
    const known = this.#services.get(key);
    if (known === undefined) return;
    this.#options.health.forget(known.service);
    this.#damping.forget(key);
    this.#services.delete(key);
    if (known.translated !== undefined) this.#removed.push(known);
    this.#schedule();
  }

  /** Health has something new to say about a Service. */
  refresh(key: string): void {
    this.#dirty.add(key);
    this.#schedule();
  }

  get services(): Iterable<PublishedService> {
    return this.#services.values();
  }

  get(id: ServiceId): PublishedService | undefined {
    return this.#services.get(serviceKey(id));
  }

  /** Services that still wait for their first health checks. */
  get waiting(): string[] {
    return [...this.#services].flatMap(([key, { translated, rejected }]) =>
      translated === undefined && rejected === undefined ? [key] : [],
    );
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const layers = new Map<string | undefined, LayerChange>();
    for (const gone of this.#removed.splice(0)) addDifference(layers, gone, undefined);
    const published: PublishedService[] = [];
    for (const key of this.#dirty) {
      const before = this.#services.get(key);
      if (before === undefined || (before.translated === undefined && !this.#options.health.isSettled(key))) continue;
      const after = this.#translate(before);
      this.#services.set(key, after);
      if (after.rejected !== undefined) continue;
      addDifference(layers, before, after);
      published.push(after);
    }
    this.#dirty.clear();
    // The shared layer first: a bare name must not lead to a route that is not there yet.
    const inOrder = [...layers].sort(([a], [b]) => Number(a !== undefined) - Number(b !== undefined));
    for (const [group, { set, remove }] of inOrder) this.#options.cache.update({ group, set, remove });
    const gone = inOrder.flatMap(([, { remove }]) => remove).filter(({ typeUrl }) => typeUrl === typeUrls.listener);
    if (gone.length > 0) this.#options.observer.withdrawn?.(gone.map(({ name }) => name));
    this.#options.observer.published(published);
  }

  /** Tells the damping which endpoints could be used now, whatever it makes of them. */
  #observeFlapping(service: Service): void {
    const { health, observer } = this.#options;
    const usable = new Map<string, boolean>();
    for (const { endpoints } of service.ports) {
      for (const endpoint of endpoints)
        usable.set(nameOf(endpoint), isUsable(endpoint, health.stateOf(service, endpoint)));
    }
    for (const name of this.#damping.observe(serviceKey(service), usable)) observer.damped?.(service, name);
  }

  #isDamped(service: Service, endpoint: Endpoint): boolean {
    return this.#damping.isHeld(serviceKey(service), nameOf(endpoint));
  }

  #translate({ service, selections, translated, reports, turns }: PublishedService): PublishedService {
    const { health, clusterDomain, observer, isEjected } = this.#options;
    try {
      this.#observeFlapping(service);
      const healthOf = (endpoint: Endpoint): HealthState | undefined =>
        this.#isDamped(service, endpoint) ? 'unhealthy' : health.stateOf(service, endpoint);
      // With `Local` the endpoints of one Kubernetes node are all that its clients have: each is chosen from by itself.
      const select = service.internalTrafficPolicy === 'Local' ? selectOnEachNode : selectEndpoints;
      const ejected = service.ports.map(({ port, endpoints }) => {
        const found = endpoints.filter((endpoint) => isEjected?.(service, port, endpoint) === true);
        return new Set(found.filter((endpoint) => isUsable(endpoint, healthOf(endpoint))));
      });
      const chosen = service.ports.map(({ endpoints }, index) =>
        select(endpoints, (endpoint) => (ejected[index]!.has(endpoint) ? 'unhealthy' : healthOf(endpoint))),
      );
      const visible = {
        ...service,
        ports: service.ports.map((port, index) => ({ ...port, endpoints: chosen[index]!.endpoints })),
      };
      return {
        service,
        selections: new Map(
          chosen.map(({ rule, endpoints }, index) => [
            service.ports[index]!.port,
            {
              rule,
              published: new Set(endpoints),
              damped: new Set(service.ports[index]!.endpoints.filter((endpoint) => this.#isDamped(service, endpoint))),
              ejected: ejected[index]!,
            },
          ]),
        ),
        translated: translateService(visible, translated, clusterDomain),
        ...(this.#options.reports === true ? { reports: translateForReports(visible, reports) } : {}),
        turns: turnClusters(visible, this.#options.reports === true, turns),
      };
    } catch (thrown) {
      const rejected = toEvenkeelError(thrown);
      observer.rejected(service, rejected);
      return { service, selections, translated, reports, turns, rejected };
    }
  }
}

function nameOf({ address, port }: Endpoint): string {
  return formatAddress(address, port);
}

/** As {@link selectEndpoints} has it under the rule `healthy`. */
function isUsable({ conditions }: Endpoint, health: HealthState | undefined): boolean {
  return conditions.ready && (health === undefined || health === 'healthy');
}

/** Adds to `layers` what leads from one state of a Service to the next; undefined stands for none. */
function addDifference(
  layers: Map<string | undefined, LayerChange>,
  earlier: PublishedService | undefined,
  later: PublishedService | undefined,
): void {
  const [before, after] = [earlier?.translated, later?.translated];
  const namespace = (after ?? before)?.service.namespace;
  differ(layers, undefined, sharedOf(before), sharedOf(after));
  differ(layers, turnsGroup, earlier?.turns ?? [], later?.turns ?? []);
  differ(layers, namespace, before?.own ?? [], after?.own ?? []);
  for (const kubeNode of new Set([...(before?.local.keys() ?? []), ...(after?.local.keys() ?? [])])) {
    const [old, fresh] = [before, after].map((one) => [...(one?.local.get(kubeNode)?.values() ?? [])]);
    differ(layers, kubeNodeGroup(kubeNode), old!, fresh!);
  }
  for (const form of clientForms) {
    differ(layers, formGroup(form), inForm(earlier?.reports, form), inForm(later?.reports, form));
  }
}

/** What a Service has for clients that report their load and get endpoints in this form. */
export function inForm(reports: ReportingResources | undefined, form: ClientForm): EncodedResource[] {
  if (reports === undefined) return [];
  return form === 'merged' ? [...reports.merged] : [...reports.podClusters, ...reports.podAssignments.values()];
}

function sharedOf(translated: TranslatedService | undefined): EncodedResource[] {
  return translated === undefined ? [] : [...translated.shared, ...translated.assignments.values()];
}

function differ(
  layers: Map<string | undefined, LayerChange>,
  group: string | undefined,
  before: readonly EncodedResource[],
  after: readonly EncodedResource[],
): void {
  const known = new Set(before);
  const set = after.filter((resource) => !known.has(resource));
  const named = new Set(after.map(keyOf));
  const remove = before.filter((resource) => !named.has(keyOf(resource)));
  if (set.length === 0 && remove.length === 0) return;
  const change = layers.get(group) ?? { set: [], remove: [] };
  change.set.push(...set);
  change.remove.push(...remove);
  layers.set(group, change);
}

function keyOf({ typeUrl, name }: EncodedResource): string {
  return `${typeUrl} ${name}`;
}
