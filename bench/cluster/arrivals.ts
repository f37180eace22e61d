import {
  CoreV1Api,
  DiscoveryV1Api,
  type KubeConfig,
  makeInformer,
  type V1EndpointSlice,
} from '@kubernetes/client-node';
import { timeStamp } from '../../src/base/time-stamp.ts';
import type { CallRecord } from '../../src/verdict/call-record.ts';

/** When a pod got where, by one clock: `performance.timeOrigin + performance.now()` in milliseconds. */
export interface Arrival {
  /** A watch of the pods told that its condition `Ready` is true. */
  readyAt?: number;
  /** A watch of the EndpointSlices told that it is ready there: what the control plane is told too. */
  listedAt?: number;
  /** The first call that it answered had its answer. */
  answeredAt?: number;
  /** When that call was due: until then the pod had to wait for its turn, which is the round robin's. */
  calledAt?: number;
}

/** Collects what becomes of the pods of one Service. */
export class Arrivals {
  readonly #pods = new Map<string, Arrival>();
  readonly #stops: (() => Promise<void>)[] = [];
  #listed: readonly string[] = [];
  #broken: Error | undefined;
  #waiting: (() => void)[] = [];

  /** Watches as anybody does who may: beside the control plane, not through it. */
  async watch(config: KubeConfig, namespace: string, service: string, podLabel: string): Promise<void> {
    const core = config.makeApiClient(CoreV1Api);
    const pods = makeInformer(
      config,
      `/api/v1/namespaces/${namespace}/pods`,
      () => core.listNamespacedPod({ namespace, labelSelector: podLabel }),
      podLabel,
    );
    const sliceLabel = `kubernetes.io/service-name=${service}`;
    const discovery = config.makeApiClient(DiscoveryV1Api);
    const slices = makeInformer(
      config,
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
      () => discovery.listNamespacedEndpointSlice({ namespace, labelSelector: sliceLabel }),
      sliceLabel,
    );
    for (const event of ['add', 'update'] as const) {
      pods.on(event, ({ metadata, status }) => {
        const ready = status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
        if (ready && metadata?.deletionTimestamp === undefined) this.#note(metadata!.name!, 'readyAt', timeStamp());
      });
      slices.on(event, () => this.#readSlices(slices.list()));
    }
    // A watch that ends would be begun again and its events come late; then the figures are none.
    for (const informer of [pods, slices]) {
      informer.on('error', (error) => {
        this.#broken ??= new Error('a watch has ended', { cause: error });
        this.#look();
      });
      await informer.start();
      this.#stops.push(() => informer.stop());
    }
  }

  /** Answers of the client; the first that names a pod counts. */
  calls(records: readonly CallRecord[]): void {
    for (const { pod, status, dueAt, endedAt } of records) {
      if (pod === undefined || status !== 'OK') continue;
      if (this.#pods.get(pod)?.answeredAt !== undefined) continue;
      this.#note(pod, 'calledAt', dueAt);
      this.#note(pod, 'answeredAt', endedAt);
    }
  }

  get(pod: string): Arrival | undefined {
    return this.#pods.get(pod);
  }

  /** Pods that are ready by the EndpointSlices. */
  get listed(): readonly string[] {
    return this.#listed;
  }

  /** Pods that were ready, by the EndpointSlices, and have answered. */
  get arrived(): readonly string[] {
    return this.#listed.filter((name) => {
      const { readyAt, answeredAt } = this.#pods.get(name) ?? {};
      return readyAt !== undefined && answeredAt !== undefined;
    });
  }

  /**
   * Resolves once it holds; it is asked again after everything that happens.
   *
   * @throws Error `withinMs` later, or where a watch has ended
   */
  until(what: string, withinMs: number, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const impatience = setTimeout(() => reject(new Error(`not within ${withinMs / 1000} s: ${what}`)), withinMs);
      const look = (): void => {
        if (this.#broken === undefined && !holds()) {
          this.#waiting.push(look);
          return;
        }
        clearTimeout(impatience);
        if (this.#broken === undefined) resolve();
        else reject(this.#broken);
      };
      look();
    });
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) await stop();
  }

  #readSlices(slices: readonly V1EndpointSlice[]): void {
    const at = timeStamp();
    this.#listed = slices
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready === true)
      .flatMap(({ targetRef }) => targetRef?.name ?? []);
    for (const name of this.#listed) this.#note(name, 'listedAt', at);
    this.#look();
  }

  #note(pod: string, what: keyof Arrival, at: number): void {
    const arrival = this.#pods.get(pod) ?? {};
    arrival[what] ??= at;
    this.#pods.set(pod, arrival);
    this.#look();
  }

  #look(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const look of waiting) look();
  }
}
