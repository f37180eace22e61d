import type { KubeConfig, V1Pod } from '@kubernetes/client-node';
import { systemClock } from '../../base/clock.ts';
import { timeStamp } from '../../base/time-stamp.ts';
import type { KubeObject } from '../../discovery/kubernetes/collection.ts';
import { defaultTimes, Reflector } from '../../discovery/kubernetes/reflector.ts';
import { apiClient } from './api-client.ts';
import { proveLabel } from './manifests.ts';
import { changesOf, goneOf, type PodChange, type PodState, stateOf } from './pod-changes.ts';

/** The API server may be away for a while; the pods are still there. */
const tryAgainMs = 500;

interface WatchedPod extends KubeObject {
  /** Undefined: it belongs to no Deployment of a proof. */
  readonly state: PodState | undefined;
}

export type PodObserver = (change: PodChange, pod: PodState, atMs: number) => void;

/** The pods of a proof as the API tells of them, with the time at which we were told. */
export class PodWatch {
  readonly #reflector: Reflector<WatchedPod>;
  readonly #states = new Map<string, PodState>();
  readonly #observers = new Set<PodObserver>();
  readonly #waiters = new Set<() => void>();
  readonly #listed = Promise.withResolvers<void>();

  constructor(config: KubeConfig, namespace: string) {
    this.#reflector = new Reflector<WatchedPod>({
      client: apiClient(config),
      ...{ clock: systemClock, random: Math.random, times: { ...defaultTimes, maxBackoffMs: tryAgainMs } },
      collection: {
        ...{ resource: 'pods', group: '', version: 'v1', namespace, labelSelector: `${proveLabel}=true` },
        read: readPod,
      },
      observer: {
        reading: () => {},
        hears: () => {},
        changed: ({ state }) => {
          if (state !== undefined) this.#see(state);
        },
        deleted: ({ state }) => {
          if (state === undefined) return;
          this.#see(goneOf(state));
          this.#states.delete(state.name);
        },
        settled: () => this.#listed.resolve(),
        degraded: (error) => {
          if (error !== undefined) this.#listed.reject(error);
        },
      },
    });
  }

  /**
   * Resolves once it knows the pods.
   *
   * @throws EvenkeelError `EK_KUBE_…` where the API does not tell them the first time
   */
  start(): Promise<void> {
    this.#reflector.start();
    return this.#listed.promise;
  }

  stop(): Promise<void> {
    return this.#reflector.stop();
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

  #see(now: PodState): void {
    const at = timeStamp();
    const changes = changesOf(this.#states.get(now.name), now);
    this.#states.set(now.name, now);
    for (const change of changes) for (const observer of this.#observers) observer(change, now, at);
    for (const look of [...this.#waiters]) look();
  }
}

function readPod(object: unknown): WatchedPod | undefined {
  const pod = object as V1Pod | null;
  const { namespace, name, resourceVersion } = pod?.metadata ?? {};
  if (name === undefined || resourceVersion === undefined) return undefined;
  return { key: `${namespace}/${name}`, resourceVersion, state: stateOf(pod!) };
}
