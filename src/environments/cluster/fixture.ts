import {
  AppsV1Api,
  CoreV1Api,
  DiscoveryV1Api,
  type KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  VersionApi,
} from '@kubernetes/client-node';
import { formatAddress } from '../../base/listen-address.ts';
import type {
  Backend,
  Counters,
  Fixture,
  FixtureConditions,
  ScaleObserver,
  SchemeId,
  Skipped,
  Target,
} from '../../probe/index.ts';
import { schemes } from '../../probe/index.ts';
import {
  type BackendName,
  backendNames,
  backendOf,
  backendsOf,
  grpcPort,
  httpPort,
  scalingOf,
  schemesOf,
  serviceNames,
} from '../backends.ts';
import { intervalsOf } from '../intervals.ts';
import { machine } from '../machine.ts';
import { dnsTarget, xdsTarget } from '../targets.ts';
import { versions } from '../versions.ts';
import { BackendCounters } from './counters.ts';
import { nameTtlMs } from './name-ttl.ts';
import { patiently } from './patience.ts';
import { envoyPort, type Plan, partNames, xdsPort } from './plan.ts';
import type { PodState } from './pod-changes.ts';
import { PodWatch } from './pod-watch.ts';
import { shortened } from './shortened.ts';

const lookAgainMs = 200;

/** A real cluster as the place in which a proof runs; seen from a pod of the proof's namespace. */
export class KubernetesFixture implements Fixture {
  readonly #plan: Plan;
  readonly #config: KubeConfig;
  readonly #watch: PodWatch;
  readonly #counters: BackendCounters;
  readonly #stopObserving: () => void;

  constructor(plan: Plan, config: KubeConfig) {
    this.#plan = plan;
    this.#config = config;
    this.#watch = new PodWatch(config, plan.namespace);
    this.#counters = new BackendCounters(config, plan.namespace);
    this.#stopObserving = this.#watch.observe((change, pod) => {
      if (change === 'terminating') this.#counters.leaves(pod);
    });
  }

  get #backends(): BackendName[] {
    return backendsOf(this.#plan.options.schemes);
  }

  /** Begins to watch the pods. */
  async start(): Promise<void> {
    await this.#watch.start();
  }

  async close(): Promise<void> {
    this.#stopObserving();
    await this.#watch.stop();
  }

  /** Resolves once so many pods of a Deployment are ready. */
  ready(app: string, replicas: number): Promise<void> {
    return this.#watch.until(() => this.#watch.pods(app).filter(({ ready }) => ready).length >= replicas);
  }

  async conditions(): Promise<FixtureConditions> {
    const { gitVersion } = await patiently(() => this.#config.makeApiClient(VersionApi).getCode());
    const ttl = await nameTtlMs(serviceNames.headless);
    return {
      environment: 'kubernetes',
      versions: { ...(await versions()), kubernetes: gitVersion },
      machine: machine(),
      intervals: intervalsOf({
        ...shortened,
        dnsTtl: ttl === undefined ? undefined : { valueMs: ttl, defaultMs: ttl },
      }),
    };
  }

  async target(scheme: SchemeId): Promise<Target | Skipped> {
    const { via, backend } = schemes[scheme];
    switch (via) {
      case 'clusterip':
        if (backend === 'http') return { target: `http://${await this.#clusterIp(serviceNames.http, 80)}/hellohttp` };
        return { target: await this.#clusterIp(serviceNames.clusterIp, grpcPort) };
      case 'headless':
        // The system's resolver completes the name with the search list of the pod's namespace, as for any application.
        return dnsTarget(`${backend === 'aged' ? serviceNames.aged : serviceNames.headless}:${grpcPort}`);
      case 'proxy':
        if (!this.#plan.envoy) return { skipped: 'No image of Envoy was named. Name one: --envoy-image IMAGE' };
        return { target: await this.#clusterIp(partNames.envoy, envoyPort) };
      case 'xds':
        return this.#xdsTarget(this.#plan.controlPlane ?? `${partNames.pushed}:${xdsPort}`, scheme);
      case 'xds-dns':
        return this.#xdsTarget(`${partNames.polled}:${xdsPort}`, scheme);
    }
  }

  /** As a number: what is measured is the way through the ClusterIP, not DNS. */
  async #clusterIp(service: string, port: number): Promise<string> {
    const api = this.#config.makeApiClient(CoreV1Api);
    const { spec } = await patiently(() =>
      api.readNamespacedService({ name: service, namespace: this.#plan.namespace }),
    );
    return formatAddress(spec!.clusterIP!, port);
  }

  #xdsTarget(server: string, scheme: SchemeId): Target {
    const { namespace } = this.#plan;
    return xdsTarget(`${serviceNames.headless}.${namespace}`, namespace, server, scheme);
  }

  async backends(scheme: SchemeId): Promise<Backend[]> {
    const app = backendOf(scheme);
    const zones = await this.#zones(app);
    return this.#watch
      .pods(app)
      .filter(({ ready }) => ready)
      .map((pod) => ({ ...toBackend(pod), zone: zones.get(pod.name) }));
  }

  /** Zones as the EndpointSlices have them: whoever may not read nodes still learns them. */
  async #zones(app: BackendName): Promise<Map<string, string>> {
    const name = { be1: serviceNames.headless, 'be1-aged': serviceNames.aged, hellohttp: serviceNames.http }[app];
    const api = this.#config.makeApiClient(DiscoveryV1Api);
    const { items } = await patiently(() =>
      api.listNamespacedEndpointSlice({
        namespace: this.#plan.namespace,
        labelSelector: `kubernetes.io/service-name=${name}`,
      }),
    );
    return new Map(
      items
        .flatMap(({ endpoints }) => endpoints ?? [])
        .filter(({ zone, targetRef }) => zone !== undefined && targetRef?.name !== undefined)
        .map(({ zone, targetRef }) => [targetRef!.name!, zone!]),
    );
  }

  async calls(scheme: SchemeId, run: string): Promise<Counters> {
    const app = backendOf(scheme);
    return this.#counters.read(app, this.#watch.pods(app), run);
  }

  scale(replicas: number, observer: ScaleObserver): Promise<void> {
    return this.#change(scalingOf(this.#backends), observer, { spec: { replicas } });
  }

  /** The new version differs in an annotation alone: what is to be seen is the change, not its content. */
  rollout(kind: 'update' | 'undo', observer: ScaleObserver): Promise<void> {
    const value = kind === 'update' ? 'v2' : null;
    const patch = { spec: { template: { metadata: { annotations: { 'evenkeel.dev/version': value } } } } };
    return this.#change(this.#backends, observer, patch);
  }

  /** Gives the pods of all backends other settings, by a rollout, and waits until there are no others. */
  async prepare(template: object): Promise<void> {
    const apps = this.#backends;
    const body = { spec: { template } };
    await Promise.all(apps.map((app) => this.#patch(app, body, PatchStrategy.StrategicMergePatch)));
    await Promise.all(apps.map((app) => this.#settled(app)));
  }

  /** Changes Deployments one after the other, tells what becomes of their pods and waits until all is through. */
  async #change(apps: readonly string[], observer: ScaleObserver, patch: object): Promise<void> {
    const stop = this.#watch.observe((change, pod, atMs) => {
      if (apps.includes(pod.app)) observer[change](toBackend(pod), atMs);
    });
    try {
      for (const app of apps) {
        await this.#patch(app, patch);
        await this.#settled(app);
      }
    } finally {
      stop();
    }
  }

  async #patch(name: string, body: object, strategy: string = PatchStrategy.MergePatch): Promise<void> {
    const api = this.#config.makeApiClient(AppsV1Api);
    const merge = setHeaderOptions('Content-Type', strategy);
    await patiently(() => api.patchNamespacedDeployment({ name, namespace: this.#plan.namespace, body }, merge));
  }

  /** Resolves once a Deployment has all its pods, of one version, ready, and nothing else of it is left. */
  async #settled(name: string): Promise<void> {
    const api = this.#config.makeApiClient(AppsV1Api);
    for (;;) {
      const { metadata, spec, status } = await patiently(() =>
        api.readNamespacedDeployment({ name, namespace: this.#plan.namespace }),
      );
      const { replicas } = spec!;
      const seen = status?.observedGeneration === metadata?.generation;
      const counts = [status?.replicas, status?.updatedReplicas, status?.availableReplicas];
      if (seen && counts.every((count) => count === replicas)) {
        await this.#watch.until(() => {
          const pods = this.#watch.pods(name);
          return pods.length === replicas && pods.every(({ ready }) => ready);
        });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }
}

function toBackend({ name, app, ip, kubeNode }: PodState): Backend {
  const port = app === backendNames.http ? httpPort : grpcPort;
  return { name, address: formatAddress(ip, port), kubeNode, schemes: schemesOf(app) };
}
