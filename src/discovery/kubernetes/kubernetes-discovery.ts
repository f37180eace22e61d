import { type Clock, systemClock } from '../../base/clock.ts';
import type { EvenkeelError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { Service, ServiceId } from '../../model/service.ts';
import { ToldServices } from '../changes.ts';
import type { Discovery, DiscoveryObserver } from '../discovery.ts';
import { type Annotations, readAnnotations } from './annotations.ts';
import { ApiClient } from './api-client.ts';
import { findKubeAccess, type KubeAccess, type KubeAccessOptions } from './kube-access.ts';
import { type KubeService, readService } from './kube-service.ts';
import { type KubeSlice, readSlice, serviceNameLabel } from './kube-slice.ts';
import { defaultTimes, Reflector, type ReflectorTimes } from './reflector.ts';
import { portsOf } from './service-of.ts';
import { summaryOf } from './summary.ts';

export interface KubernetesDiscoveryOptions extends KubeAccessOptions {
  /** Default: all namespaces, which needs a ClusterRole. */
  readonly namespaces?: readonly string[] | undefined;
  /** Services that this selects, in the words of kubectl; default: all. */
  readonly labelSelector?: string | undefined;
  /** Instead of looking for one. */
  readonly access?: KubeAccess | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Default: `Math.random`. */
  readonly random?: Random | undefined;
  readonly times?: Partial<ReflectorTimes> | undefined;
}

/** Services and EndpointSlices of a Kubernetes API server, by list and watch (see ../README.md). */
export class KubernetesDiscovery implements Discovery {
  readonly kind = 'kubernetes';
  readonly #options: KubernetesDiscoveryOptions;
  readonly #services = new Map<string, KubeService>();
  /** By key of the Service, then by key of the slice. */
  readonly #slices = new Map<string, Map<string, KubeSlice>>();
  /** Annotation values in force, by key of the Service. */
  readonly #annotations = new Map<string, Annotations>();
  readonly #dirty = new Set<string>();
  /** Collections that were not listed yet. */
  readonly #unlisted = new Set<number>();
  /** By the number of the collection that cannot be read. */
  readonly #errors = new Map<number, EvenkeelError>();
  #collections = 0;
  #reflectors: readonly { start(): void; stop(): Promise<void> }[] = [];
  #observer: DiscoveryObserver | undefined;
  #told: ToldServices | undefined;
  #isSynced = false;
  #reported: string | undefined;
  #isStopped = false;

  constructor(options: KubernetesDiscoveryOptions = {}) {
    this.#options = options;
  }

  /** @throws EvenkeelError `EK_KUBE_CONFIG` where no API server is named anywhere */
  async start(observer: DiscoveryObserver): Promise<void> {
    const { clock = systemClock, access = await findKubeAccess(this.#options) } = this.#options;
    if (this.#isStopped) return;
    this.#observer = observer;
    this.#told = new ToldServices(observer);
    const client = new ApiClient(access, clock);
    const scopes = this.#options.namespaces === undefined ? [undefined] : new Set(this.#options.namespaces);
    this.#reflectors = [...scopes].flatMap((namespace) => this.#scope(client, clock, namespace));
    for (const reflector of this.#reflectors) reflector.start();
  }

  excludes({ namespace }: ServiceId): string | undefined {
    const { namespaces, labelSelector } = this.#options;
    if (namespaces !== undefined && !namespaces.includes(namespace)) {
      return `of Kubernetes only the namespaces ${namespaces.join(', ')} are served`;
    }
    return labelSelector === undefined ? undefined : `of Kubernetes only Services with ${labelSelector} are served`;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#observer = undefined;
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()));
  }

  #scope(client: ApiClient, clock: Clock, namespace: string | undefined) {
    const { random = Math.random, labelSelector } = this.#options;
    const common = { client, clock, random, times: { ...defaultTimes, ...this.#options.times } };
    const services = new Reflector<KubeService>({
      ...common,
      collection: { resource: 'services', group: '', version: 'v1', namespace, labelSelector, read: readService },
      observer: {
        ...this.#reports(),
        changed: (service) => {
          this.#services.set(service.key, service);
          this.#dirty.add(service.key);
        },
        deleted: ({ key }) => {
          this.#services.delete(key);
          this.#annotations.delete(key);
          this.#dirty.add(key);
        },
      },
    });
    const slices = new Reflector<KubeSlice>({
      ...common,
      collection: {
        resource: 'endpointslices',
        group: 'discovery.k8s.io',
        version: 'v1',
        namespace,
        labelSelector: serviceNameLabel,
        read: readSlice,
      },
      observer: {
        ...this.#reports(),
        changed: (slice, before) => {
          if (before?.service !== slice.service) this.#drop(before);
          this.#keep(slice);
        },
        deleted: (slice) => this.#drop(slice),
      },
    });
    return [services, slices];
  }

  /** What every reflector reports in the same way. */
  #reports() {
    const id = this.#collections++;
    this.#unlisted.add(id);
    return {
      settled: (): void => {
        this.#unlisted.delete(id);
        this.#flush();
      },
      degraded: (error: EvenkeelError | undefined): void => {
        if (error === undefined) this.#errors.delete(id);
        else this.#errors.set(id, error);
        this.#report();
      },
    };
  }

  #keep(slice: KubeSlice): void {
    if (slice.service === undefined) return;
    const known = this.#slices.get(slice.service);
    if (known === undefined) this.#slices.set(slice.service, new Map([[slice.key, slice]]));
    else known.set(slice.key, slice);
    this.#dirty.add(slice.service);
  }

  #drop(slice: KubeSlice | undefined): void {
    if (slice?.service === undefined) return;
    const known = this.#slices.get(slice.service);
    known?.delete(slice.key);
    if (known?.size === 0) this.#slices.delete(slice.service);
    this.#dirty.add(slice.service);
  }

  /** Tells what changed; nothing before everything was listed, or Services would seem to have no endpoints. */
  #flush(): void {
    if (this.#observer === undefined || this.#unlisted.size > 0) return;
    const changed = [...this.#dirty];
    this.#dirty.clear();
    for (const key of changed) {
      const service = this.#services.get(key);
      if (service === undefined) this.#told?.remove(key);
      else this.#told?.upsert(this.#translate(service));
    }
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#observer.synced();
  }

  #translate(service: KubeService): Service {
    const { key, namespace, name } = service;
    const slices = [...(this.#slices.get(key)?.values() ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
    const { ports, problems } = portsOf(service, slices);
    const said = readAnnotations(service.annotations, this.#annotations.get(key));
    this.#annotations.set(key, said.inForce);
    const all = [...said.problems, ...problems];
    return {
      namespace,
      name,
      ports,
      policy: said.healthCheck === undefined ? {} : { healthCheck: said.healthCheck },
      ...(said.locality === undefined ? {} : { locality: said.locality }),
      ...(all.length === 0 ? {} : { problems: all }),
    };
  }

  #report(): void {
    const error = summaryOf([...this.#errors].sort(([a], [b]) => a - b).map(([, one]) => one));
    if (error?.message === this.#reported) return;
    this.#reported = error?.message;
    this.#observer?.degraded(error);
  }
}
