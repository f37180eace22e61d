import type { Clock } from '../base/clock.ts';
import { identity, keepEndpoints } from '../discovery/kubernetes/keep-endpoints.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { type Service, type ServiceId, type ServicePort, serviceKey } from '../model/service.ts';

export interface AnsweringEndpointsOptions {
  readonly clock: Clock;
  /** Whether clients report that an endpoint of a Service port answers, of late. */
  readonly isAnswering: (service: ServiceId, port: ServicePort, endpoint: Endpoint) => boolean;
  /** Services in force, as discovery has them. */
  readonly services: () => Iterable<Service>;
  /** A Service is to be looked at anew: what is kept of it may be less. */
  readonly changed: (key: string) => void;
}

/**
 * How long Kubernetes is not believed: after as long it evicts the pods of such nodes itself (`tolerationSeconds` of
 * `node.kubernetes.io/unreachable`).
 */
const keptMs = 300_000;
/** How much longer, once it sees one of them again: kubelets come back one after the other, and what they say wavers at first. */
const returnMs = 30_000;
/** Within this the other pods of a node become not ready as well, where its kubelet is silent. */
const burstMs = 15_000;
/** How often it is looked whether what is kept still answers. */
const lookMs = 5_000;

interface Kept {
  readonly sinceMs: number;
  readonly endMs: number;
  /** Endpoints by identity. */
  readonly endpoints: ReadonlySet<string>;
}

/**
 * Endpoints that Kubernetes calls not ready and that clients call with success.
 *
 * Where kubelets report no more, Kubernetes takes every pod of their nodes for not ready, and Services lose their last endpoint,
 * while every pod answers. The clients know better: of a port without a ready endpoint, those that were ready before, are
 * listed, do not terminate and are called with success are kept, where nothing else on their node is ready either: a node of
 * which Kubernetes sees something is believed. It ends after five minutes, half a minute after Kubernetes sees one of them, or as
 * soon as they answer no more.
 */
export class AnsweringEndpoints {
  readonly #options: AnsweringEndpointsOptions;
  /** Endpoints that were ready when a Service was last seen, and those that were kept, by its key. */
  readonly #published = new Map<string, ReadonlySet<string>>();
  readonly #kept = new Map<string, Kept>();
  #cancel = () => {};

  constructor(options: AnsweringEndpointsOptions) {
    this.#options = options;
  }

  /** A Service as it is to be published. Asked again, without a change, it says what holds by then. */
  apply(service: Service): Service {
    const key = serviceKey(service);
    const now = this.#options.clock.now();
    const before = this.#kept.get(key);
    const ready = readyIn(service);
    const endMs = before?.endMs ?? now + keptMs;
    const isSeen = before !== undefined && !before.endpoints.isDisjointFrom(ready);
    const kept = { sinceMs: before?.sinceMs ?? now, endMs: isSeen ? Math.min(endMs, now + returnMs) : endMs };
    const lost = now < kept.endMs ? this.#lost(service, before?.endpoints, this.#published.get(key)) : [];
    const candidates = this.#believed(service, lost, now - kept.sinceMs < burstMs);
    const { ports, kept: endpoints } = keepEndpoints(service.ports, candidates, candidates);
    this.#published.set(key, ready.union(endpoints));
    if (endpoints.size === 0) {
      this.#kept.delete(key);
      return service;
    }
    this.#kept.set(key, { ...kept, endpoints });
    this.#look();
    return { ...service, ports, problems: [...(service.problems ?? []), problem] };
  }

  removed(id: ServiceId): void {
    this.#kept.delete(serviceKey(id));
    this.#published.delete(serviceKey(id));
  }

  /** Ends its timer. */
  close(): void {
    this.#cancel();
    this.#kept.clear();
  }

  /** Endpoints that are not ready any more, each with its port: of a port without a ready one, and those that were kept. */
  #lost(
    service: Service,
    kept: ReadonlySet<string> = new Set(),
    published: ReadonlySet<string> = new Set(),
  ): [ServicePort, Endpoint][] {
    return service.ports.flatMap((port) => {
      const before = port.endpoints.some(({ conditions }) => conditions.ready) ? kept : published;
      return port.endpoints
        .filter((endpoint) => isLost(endpoint) && before.has(identity(endpoint)))
        .map((endpoint): [ServicePort, Endpoint] => [port, endpoint]);
    });
  }

  #believed(service: Service, lost: readonly [ServicePort, Endpoint][], isBurst: boolean): Set<string> {
    if (lost.length === 0) return new Set();
    const seen = isBurst ? new Set<string>() : this.#seenNodes();
    return new Set(
      lost
        .filter(([, { kubeNode }]) => kubeNode === undefined || !seen.has(kubeNode))
        .filter(([port, endpoint]) => this.#options.isAnswering(service, port, endpoint))
        .map(([, endpoint]) => identity(endpoint)),
    );
  }

  /** Nodes with a ready endpoint of whichever Service. */
  #seenNodes(): Set<string> {
    const nodes = new Set<string>();
    for (const { ports } of this.#options.services()) {
      for (const { endpoints } of ports) {
        for (const { kubeNode, conditions } of endpoints) {
          if (kubeNode !== undefined && conditions.ready) nodes.add(kubeNode);
        }
      }
    }
    return nodes;
  }

  #look(): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(lookMs, () => {
      for (const key of [...this.#kept.keys()]) this.#options.changed(key);
    });
  }
}

const problem =
  'Kubernetes says that no endpoint is ready, and clients report that they answer: those are kept for as long as they do, ' +
  `at most ${keptMs / 1_000} s`;

function isLost({ conditions }: Endpoint): boolean {
  return !conditions.ready && !conditions.terminating;
}

function readyIn({ ports }: Service): Set<string> {
  return new Set(
    ports.flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions.ready).map(identity)),
  );
}
