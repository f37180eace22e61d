import { type Clock, systemClock } from '../../base/clock.ts';
import type { EvenkeelError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { localityOf, policyOf } from '../../model/policy.ts';
import type { Service, ServiceId } from '../../model/service.ts';
import { ToldServices } from '../changes.ts';
import type { Discovery, DiscoveryObserver, Unserved } from '../discovery.ts';
import { type Annotations, readAnnotations } from './annotations.ts';
import { ApiClient, type ApiReader } from './api-client.ts';
import { findKubeAccess, type KubeAccessOptions } from './kube-access.ts';
import { KubeModel, type ReadService } from './kube-model.ts';
import type { KubeAccess } from './kube-request.ts';
import { type KubeService, readService } from './kube-service.ts';
import { type KubeSlice, readSlice, serviceNameLabel } from './kube-slice.ts';
import { defaultSliceGraceMs } from './lost-slices.ts';
import { defaultSightTimes, NodeSight, type SightTimes } from './node-sight.ts';
import { defaultOutageTimes, Outage, type OutageTimes } from './outage.ts';
import { defaultTimes, type ReadReason, Reflector, type ReflectorTimes } from './reflector.ts';
import { errorsOf, Scope } from './scope.ts';
import type { NamedPod } from './serving-pods.ts';
import { summaryOf } from './summary.ts';

export interface KubernetesDiscoveryOptions extends KubeAccessOptions {
  /** Default: all namespaces, which needs a ClusterRole. */
  readonly namespaces?: readonly string[] | undefined;
  /** Services that this selects, in the words of kubectl; default: all. */
  readonly labelSelector?: string | undefined;
  /** Instead of looking for one. */
  readonly access?: KubeAccess | undefined;
  /** Instead of one that asks where `access` leads. */
  readonly client?: ApiReader | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Default: `Math.random`. */
  readonly random?: Random | undefined;
  readonly times?: Partial<ReflectorTimes> | undefined;
  /**
   * How long one of several namespaces may be forbidden before the others are served without it; default 10,000. An API
   * server that has just started forbids things for a moment, and what was not listed yet does not exist for clients.
   */
  readonly forbiddenGraceMs?: number | undefined;
  /** When endpoints are kept that Kubernetes may only have lost sight of. */
  readonly outageTimes?: Partial<OutageTimes> | undefined;
  readonly sightTimes?: Partial<SightTimes> | undefined;
  /** How long deleted EndpointSlices stand in for those that Kubernetes has yet to write; default 20,000. */
  readonly sliceGraceMs?: number | undefined;
  /** The pod that this process is. Default: `POD_NAMESPACE` and `POD_NAME` of the environment. */
  readonly self?: NamedPod | undefined;
}

const defaultForbiddenGraceMs = 10_000;
/** So many problems of a Service are told; the rest is counted. */
const maxProblems = 20;

/** Services and EndpointSlices of a Kubernetes API server, by list and watch (see ../README.md). */
export class KubernetesDiscovery implements Discovery {
  readonly kind = 'kubernetes';
  readonly #options: KubernetesDiscoveryOptions;
  readonly #model: KubeModel;
  readonly #sight: NodeSight;
  /** Annotation values in force, by key of the Service. */
  readonly #annotations = new Map<string, Annotations>();
  /** By namespace; one for all where all are read as one. */
  readonly #outages = new Map<string | undefined, Outage>();
  #scopes: readonly Scope[] = [];
  /** Cancel the giving up of a scope. */
  readonly #deadlines = new Map<Scope, () => void>();
  #reflectors: readonly Pick<Reflector<KubeSlice>, 'start' | 'stop' | 'heardAtMs'>[] = [];
  #observer: DiscoveryObserver | undefined;
  #told: ToldServices | undefined;
  #isSynced = false;
  #reported: string | undefined;
  #isStopped = false;

  constructor(options: KubernetesDiscoveryOptions = {}) {
    const { clock = systemClock, env = process.env, self = selfOf(env), sightTimes, sliceGraceMs } = options;
    this.#options = options;
    this.#model = new KubeModel(clock, sliceGraceMs ?? defaultSliceGraceMs, () => this.#flush());
    this.#sight = new NodeSight(clock, { ...defaultSightTimes, ...sightTimes }, self, (keys) => this.#tellAnew(keys));
  }

  /** @throws EvenkeelError `EK_KUBE_CONFIG` where no API server is named anywhere */
  async start(observer: DiscoveryObserver): Promise<void> {
    const { clock = systemClock, access, client: given } = this.#options;
    const client = given ?? new ApiClient(access ?? (await findKubeAccess(this.#options)), clock);
    if (this.#isStopped) return;
    this.#observer = observer;
    this.#told = new ToldServices(observer);
    const namespaces = this.#options.namespaces === undefined ? [undefined] : [...new Set(this.#options.namespaces)];
    this.#scopes = namespaces.map((namespace) => new Scope(namespace, ['services', 'endpointslices']));
    this.#reflectors = this.#scopes.flatMap((scope) => this.#reflectorsOf(client, clock, scope));
    for (const reflector of this.#reflectors) reflector.start();
  }

  excludes({ namespace }: ServiceId): string | undefined {
    const { namespaces, labelSelector } = this.#options;
    if (namespaces !== undefined && !namespaces.includes(namespace)) {
      return `of Kubernetes only the namespaces ${namespaces.join(', ')} are served`;
    }
    const forbidden = this.unserved().find((one) => one.namespace === namespace);
    if (forbidden !== undefined) return `the namespace ${namespace} is not served: ${forbidden.error.message}`;
    return labelSelector === undefined ? undefined : `of Kubernetes only Services with ${labelSelector} are served`;
  }

  unserved(): Unserved[] {
    return this.#scopes.flatMap(({ namespace, isGivenUp, forbidden, errors }) => {
      const error = forbidden ?? errors[0];
      return isGivenUp && namespace !== undefined && error !== undefined ? [{ namespace, error }] : [];
    });
  }

  lastWordAgeMs(): number | undefined {
    const heard = this.#reflectors.flatMap(({ heardAtMs }) => heardAtMs ?? []);
    const { clock = systemClock } = this.#options;
    return heard.length === 0 ? undefined : clock.now() - Math.min(...heard);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#observer = undefined;
    for (const cancel of this.#deadlines.values()) cancel();
    for (const outage of this.#outages.values()) outage.stop();
    this.#model.stop();
    this.#sight.stop();
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()));
  }

  #reflectorsOf(client: ApiReader, clock: Clock, scope: Scope) {
    const { namespace } = scope;
    const { random = Math.random, labelSelector } = this.#options;
    const common = { client, clock, random, times: { ...defaultTimes, ...this.#options.times } };
    const services = new Reflector<KubeService>({
      ...common,
      collection: { resource: 'services', group: '', version: 'v1', namespace, labelSelector, read: readService },
      observer: {
        ...this.#reports(clock, scope, 'services'),
        hears: () => {},
        changed: (service) => this.#model.setService(service),
        deleted: (service) => {
          this.#model.deleteService(service);
          this.#annotations.delete(service.key);
        },
      },
    });
    const outage = new Outage(clock, { ...defaultOutageTimes, ...this.#options.outageTimes });
    this.#outages.set(namespace, outage);
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
        ...this.#reports(clock, scope, 'endpointslices'),
        hears: (isHeard) => {
          if (isHeard) outage.end(this.#toldOf(scope), (keys) => this.#tellAnew(keys));
          else outage.begin();
        },
        changed: (slice, before) => this.#model.setSlice(slice, before),
        deleted: (slice) => this.#model.deleteSlice(slice),
      },
    });
    return [services, slices];
  }

  /** What every reflector reports in the same way. */
  #reports(clock: Clock, scope: Scope, resource: string) {
    return {
      reading: (verb: 'list' | 'watch', reason: ReadReason): void =>
        this.#observer?.reading?.({ resource, verb, reason }),
      settled: (): void => {
        scope.listed(resource);
        this.#flush();
      },
      degraded: (error: EvenkeelError | undefined): void => {
        scope.report(resource, error);
        this.#limitWaiting(clock, scope);
        this.#report();
      },
    };
  }

  /** A namespace that may not be read, or that is gone and its rights with it, must not keep all others from being served. */
  #limitWaiting(clock: Clock, scope: Scope): void {
    if (this.#scopes.length === 1) return;
    if (scope.forbidden === undefined) {
      this.#deadlines.get(scope)?.();
      this.#deadlines.delete(scope);
    } else if (!this.#deadlines.has(scope)) {
      const giveUp = (): void => {
        scope.giveUp();
        this.#report();
        this.#flush();
      };
      this.#deadlines.set(scope, clock.after(this.#options.forbiddenGraceMs ?? defaultForbiddenGraceMs, giveUp));
    }
  }

  *#toldOf({ namespace }: Scope): Iterable<Service> {
    for (const service of this.#told?.all ?? []) {
      if (namespace === undefined || namespace === service.namespace) yield service;
    }
  }

  #tellAnew(keys: readonly string[]): void {
    for (const key of keys) this.#model.dirty.add(key);
    this.#flush();
  }

  /** Tells what changed; nothing of a scope before all of it was listed, or Services would seem to have no endpoints. */
  #flush(): void {
    if (this.#observer === undefined || !(this.#isSynced || this.#canBegin)) return;
    const unlisted = new Set(this.#scopes.flatMap(({ isComplete, namespace }) => (isComplete ? [] : namespace)));
    const read = new Map<string, ReadService | undefined>();
    for (const key of this.#model.dirty) {
      if (unlisted.size > 0 && unlisted.has(key.slice(0, key.indexOf('/')))) continue;
      this.#model.dirty.delete(key);
      const now = this.#model.read(key);
      read.set(key, now);
      this.#sight.observe(key, now?.ports);
    }
    for (const key of this.#sight.settle()) if (!read.has(key)) read.set(key, this.#model.read(key));
    for (const [key, now] of read) {
      if (now === undefined) this.#told?.remove(key);
      else this.#told?.upsert(this.#translate(now));
    }
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#observer.synced();
  }

  get #canBegin(): boolean {
    const settled = this.#scopes.every(({ isComplete, isGivenUp }) => isComplete || isGivenUp);
    return settled && this.#scopes.some(({ isComplete }) => isComplete);
  }

  #translate({ service, ports: listed, problems }: ReadService): Service {
    const { key, namespace, name } = service;
    const outage = this.#outages.get(namespace) ?? this.#outages.get(undefined);
    const after = outage?.apply(key, listed) ?? { ports: listed, problems: [] };
    const { ports, problems: doubts } = this.#sight.apply(key, after.ports);
    const said = readAnnotations(service.annotations, this.#annotations.get(key));
    this.#annotations.set(key, said.inForce);
    const locality = localityOf(said.fields);
    const { trafficDistribution } = service;
    const traffic = trafficDistribution === undefined ? {} : { trafficDistribution };
    const all = bounded([...after.problems, ...doubts, ...said.problems, ...problems]);
    return {
      namespace,
      name,
      ports,
      policy: { ...traffic, ...policyOf(said.fields) },
      ...(service.internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy: service.internalTrafficPolicy }),
      ...(locality === undefined ? {} : { locality }),
      ...(all.length === 0 ? {} : { problems: all }),
    };
  }

  #report(): void {
    const error = summaryOf(errorsOf(this.#scopes));
    if (error?.message === this.#reported) return;
    this.#reported = error?.message;
    this.#observer?.degraded(error);
  }
}

/** Each of thousands of slices can have something wrong with it, and every one of these is a line of the log. */
function bounded(problems: readonly string[]): readonly string[] {
  const rest = problems.length - maxProblems;
  return rest > 0 ? [...problems.slice(0, maxProblems), `and ${rest} more of such problems`] : problems;
}

/** As the Downward API gives it. */
function selfOf({ POD_NAMESPACE: namespace, POD_NAME: pod }: NodeJS.ProcessEnv): NamedPod | undefined {
  return namespace && pod ? { namespace, pod } : undefined;
}
