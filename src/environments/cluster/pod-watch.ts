import { CoreV1Api, type Informer, type KubeConfig, makeInformer, type V1Pod } from '@kubernetes/client-node';
import { timeStamp } from '../../base/time-stamp.ts';
import { proveLabel } from './manifests.ts';
import { changesOf, type PodChange, type PodState, stateOf } from './pod-changes.ts';

/** The API server may be away for a while; the pods are still there. */
const tryAgainMs = 500;

export type PodObserver = (change: PodChange, pod: PodState, atMs: number) => void;

/** The pods of a proof as the API tells of them, with the time at which we were told. */
export class PodWatch {
  readonly #informer: Informer<V1Pod>;
  readonly #states = new Map<string, PodState>();
  readonly #observers = new Set<PodObserver>();
  readonly #waiters = new Set<() => void>();
  #stopped = false;

  constructor(config: KubeConfig, namespace: string) {
    const api = config.makeApiClient(CoreV1Api);
    const labelSelector = `${proveLabel}=true`;
    const list = () => api.listNamespacedPod({ namespace, labelSelector });
    this.#informer = makeInformer(config, `/api/v1/namespaces/${namespace}/pods`, list, labelSelector);
    this.#informer.on('add', (pod) => this.#see(pod, false));
    this.#informer.on('update', (pod) => this.#see(pod, false));
    this.#informer.on('delete', (pod) => this.#see(pod, true));
    this.#informer.on('error', () => this.#startAgain());
  }

  async start(): Promise<void> {
    await this.#informer.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#informer.stop();
  }

  /** Pods of a Deployment that have not ended. */
  pods(app: string): PodState[] {
    return [...this.#states.values()].filter((pod) => pod.app === app && !pod.ended);
  }

  /** @returns ends it */
  observe(observer: PodObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Resolves once `test` holds; it is asked again after everything that happens to a pod. */
  until(test: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!test()) return;
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }

  #see(pod: V1Pod, deleted: boolean): void {
    const at = timeStamp();
    const now = stateOf(pod, deleted);
    if (now === undefined) return;
    const changes = changesOf(this.#states.get(now.name), now);
    if (deleted) this.#states.delete(now.name);
    else this.#states.set(now.name, now);
    for (const change of changes) for (const observer of this.#observers) observer(change, now, at);
    for (const look of [...this.#waiters]) look();
  }

  #startAgain(): void {
    if (this.#stopped) return;
    setTimeout(() => {
      if (!this.#stopped) void this.#informer.start().catch(() => this.#startAgain());
    }, tryAgainMs);
  }
}
