import type { Logger } from '../base/log.ts';
import type { KubeEvent, KubeEvents, KubeEventsOptions } from '../discovery/kubernetes/kube-events.ts';
import type { KnownService } from '../load/service-load.ts';
import { type Service, type ServiceId, serviceKey } from '../model/service.ts';
import type { EjectedView } from './ejections.ts';
import type { Metrics } from './metrics.ts';

/** Makes what writes the events. */
export type MakeKubeEvents = (done: KubeEventsOptions['done']) => Pick<KubeEvents, 'record' | 'stop'>;

/** Of a Service with more wrong annotations, the first few. */
const maxProblems = 5;

export interface ObjectEventsOptions {
  readonly make: MakeKubeEvents;
  /** What other sources know is no object of a cluster. */
  readonly isOfKubernetes: (id: ServiceId) => boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Says at the objects of a cluster, as Events, what became of them: pods that are ejected and back, annotations that are refused. */
export class ObjectEvents {
  readonly #options: ObjectEventsOptions;
  readonly #events: ReturnType<MakeKubeEvents>;
  /** What is wrong with annotations, by key of the Service. */
  readonly #problems = new Map<string, readonly string[]>();
  /** The last failure that was logged: one that goes on fills no log. */
  #logged: string | undefined;

  constructor(options: ObjectEventsOptions) {
    this.#options = options;
    const { make, metrics, log } = options;
    this.#events = make((result, error) => {
      metrics.count('evenkeel_kubernetes_events_total', { result });
      if (result === 'written') this.#logged = undefined;
      if (error === undefined || error.message === this.#logged) return;
      this.#logged = error.message;
      log.warn({ error: error.toJSON() }, 'a Kubernetes Event cannot be written; it is lost');
    });
  }

  /** Each problem once, as long as it lasts. */
  serviceChanged(service: Service): void {
    if (!this.#options.isOfKubernetes(service)) return;
    const key = serviceKey(service);
    const problems = (service.problems ?? []).filter((one) => one.startsWith('the annotation ')).slice(0, maxProblems);
    const before = this.#problems.get(key) ?? [];
    if (problems.length === 0) this.#problems.delete(key);
    else this.#problems.set(key, problems);
    for (const problem of problems) {
      if (before.includes(problem)) continue;
      const message = `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`;
      this.#record(service, { type: 'Warning', reason: 'AnnotationRefused', message, isShared: true });
    }
  }

  serviceRemoved(id: ServiceId): void {
    this.#problems.delete(serviceKey(id));
  }

  /** A pod is out, or back (null). */
  ejection(known: KnownService, pod: string | null | undefined, view: EjectedView | null, why: string): void {
    if (!this.#options.isOfKubernetes(known)) return;
    const what = `${serviceKey(known)}:${known.port}`;
    const event: Omit<KubeEvent, 'kind' | 'namespace' | 'name'> =
      view === null
        ? { type: 'Normal', reason: 'Restored', message: `Gets calls of ${what} again: ${why}.` }
        : { type: 'Warning', reason: 'Ejected', message: `Gets no calls of ${what} until ${view.until}: ${view.why}.` };
    this.#record(known, event, pod ?? undefined);
  }

  stop(): void {
    this.#events.stop();
  }

  #record({ namespace, name }: ServiceId, event: Omit<KubeEvent, 'kind' | 'namespace' | 'name'>, pod?: string): void {
    const object = pod === undefined ? ({ kind: 'Service', name } as const) : ({ kind: 'Pod', name: pod } as const);
    this.#events.record({ ...object, namespace, ...event });
  }
}
