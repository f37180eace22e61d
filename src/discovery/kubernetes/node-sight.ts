import type { Clock } from '../../base/clock.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import type { ServicePort } from '../../model/service.ts';
import { identity, keepEndpoints } from './keep-endpoints.ts';

/** In milliseconds. */
export interface SightTimes {
  /**
   * Within this all nodes have to go; default 30,000. Kubelets renew their leases every 10 s and the node controller looks
   * every 5 s, so what happens at one moment shows over some 15 s.
   */
  readonly burstMs: number;
  /**
   * How long Kubernetes is not believed; default 300,000: after as long it evicts the pods of such nodes itself
   * (`tolerationSeconds` of `node.kubernetes.io/unreachable`).
   */
  readonly blindMs: number;
  /** How long it is not believed of the others once it has seen one of the pods again; default 120,000. */
  readonly returnMs: number;
}

export const defaultSightTimes: SightTimes = { burstMs: 30_000, blindMs: 300_000, returnMs: 120_000 };

/** The pod that this process is. */
export interface Self {
  readonly namespace: string;
  readonly pod: string;
}

interface LostEndpoint {
  readonly kubeNode: string;
  readonly pod: string;
  readonly atMs: number;
  /** Until when it is kept; undefined: Kubernetes is believed. */
  keepUntilMs?: number | undefined;
}

/**
 * Whether Kubernetes has lost sight of nodes whose pods answer.
 *
 * Where kubelets report no more, Kubernetes takes all pods of their nodes for not ready, while the API server is fine. That
 * looks like pods that fail, but for two things:
 *
 * - *every node at once*: within `burstMs` no pod of any node is left that serves, on two nodes or more, of two Services or
 *   more that share no pod. A bad rollout, or a Service whose pods all fail, is one Service: it is believed.
 * - *own endpoint against own knowledge*: Kubernetes says so of this process, and of every other pod on its node.
 *
 * Then, of a Service without a single ready endpoint, those that were ready before are kept, each until it is ready again,
 * ends or is gone. Nothing is lost by that: without endpoints every call fails.
 */
export class NodeSight {
  readonly #clock: Clock;
  readonly #times: SightTimes;
  readonly #self: Self | undefined;
  readonly #changed: (keys: readonly string[]) => void;
  /** As Kubernetes has them, by key of the Service. */
  readonly #ports = new Map<string, readonly ServicePort[]>();
  /** How many endpoints on a node serve; a node without one is not in it. */
  readonly #serving = new Map<string, number>();
  /** Listed, served before and no more, and not terminating; by key of the Service and identity. */
  readonly #lost = new Map<string, Map<string, LostEndpoint>>();
  readonly #kept = new Map<string, ReadonlySet<string>>();
  #hasNews = false;
  #isSeenAgain = false;
  #cancel = () => {};

  /** @param changed - is given the Services of which Kubernetes is believed again, since the time is over */
  constructor(clock: Clock, times: SightTimes, self: Self | undefined, changed: (keys: readonly string[]) => void) {
    this.#clock = clock;
    this.#times = times;
    this.#self = self;
    this.#changed = changed;
  }

  /** What Kubernetes says of a Service now; undefined: it is gone. To be followed by {@link settle}. */
  observe(key: string, ports: readonly ServicePort[] | undefined): void {
    const before = this.#ports.get(key) ?? [];
    this.#count(before, -1);
    this.#count(ports ?? [], 1);
    if (ports === undefined) this.#ports.delete(key);
    else this.#ports.set(key, ports);
    this.#compare(key, before, ports ?? []);
  }

  /** Decides after a change. @returns Services of which more is kept than before */
  settle(): string[] {
    const now = this.#clock.now();
    if (this.#isSeenAgain) this.#shorten(now + this.#times.returnMs);
    this.#isSeenAgain = false;
    if (!this.#hasNews) return [];
    this.#hasNews = false;
    const recent = [...this.#lost].flatMap(([key, lost]) =>
      [...lost.values()].filter(({ atMs }) => atMs >= now - this.#times.burstMs).map((endpoint) => ({ key, endpoint })),
    );
    const blind = this.#isEveryNodeLost(recent) ? undefined : this.#ownNode(recent);
    if (blind === null) return [];
    const keys = new Set<string>();
    for (const { key, endpoint } of recent) {
      if (endpoint.keepUntilMs !== undefined || (blind !== undefined && endpoint.kubeNode !== blind)) continue;
      endpoint.keepUntilMs = now + this.#times.blindMs;
      keys.add(key);
    }
    this.#wait();
    return [...keys];
  }

  /** The ports of a Service as they are to be reported, and in what they differ from Kubernetes' word. */
  apply(key: string, ports: readonly ServicePort[]): { ports: readonly ServicePort[]; problems: readonly string[] } {
    const now = this.#clock.now();
    const lost = [...(this.#lost.get(key) ?? [])].filter(([, { keepUntilMs = 0 }]) => keepUntilMs > now);
    const candidates = new Set(lost.map(([id]) => id));
    const before = new Set([...(this.#kept.get(key) ?? [])].filter((id) => candidates.has(id)));
    const { ports: kept, kept: ids } = keepEndpoints(ports, candidates, before);
    if (ids.size === 0) this.#kept.delete(key);
    else this.#kept.set(key, ids);
    return { ports: kept, problems: ids.size === 0 ? [] : [this.#problem] };
  }

  stop(): void {
    this.#cancel();
  }

  #compare(key: string, before: readonly ServicePort[], ports: readonly ServicePort[]): void {
    const known = this.#lost.get(key);
    const gone = ports.flatMap(({ endpoints }) => endpoints.filter(isLost));
    let served: Set<string> | undefined;
    const lost = new Map<string, LostEndpoint>();
    for (const endpoint of gone) {
      const id = identity(endpoint);
      const entry = known?.get(id);
      served ??= new Set(before.flatMap(({ endpoints }) => endpoints.filter(isServing).map(identity)));
      if (entry !== undefined) lost.set(id, entry);
      else if (served.has(id)) {
        lost.set(id, { kubeNode: endpoint.kubeNode!, pod: endpoint.pod!, atMs: this.#clock.now() });
        this.#hasNews = true;
      }
    }
    if ([...(known ?? [])].some(([id, { keepUntilMs }]) => keepUntilMs !== undefined && !lost.has(id))) {
      this.#isSeenAgain ||= ports.some(({ endpoints }) =>
        endpoints.some((one) => isServing(one) && known!.has(identity(one))),
      );
    }
    if (lost.size === 0) this.#lost.delete(key);
    else this.#lost.set(key, lost);
  }

  #count(ports: readonly ServicePort[], by: 1 | -1): void {
    for (const { endpoints } of ports) {
      for (const endpoint of endpoints) {
        if (!isServing(endpoint)) continue;
        const count = (this.#serving.get(endpoint.kubeNode!) ?? 0) + by;
        if (count === 0) this.#serving.delete(endpoint.kubeNode!);
        else this.#serving.set(endpoint.kubeNode!, count);
      }
    }
  }

  #isEveryNodeLost(recent: readonly { key: string; endpoint: LostEndpoint }[]): boolean {
    if (this.#serving.size > 0) return false;
    if (new Set(recent.map(({ endpoint }) => endpoint.kubeNode)).size < 2) return false;
    const pods = new Map<string, Set<string>>();
    for (const { key, endpoint } of recent) {
      const named = `${key.slice(0, key.indexOf('/'))}/${endpoint.pod}`;
      pods.set(key, (pods.get(key) ?? new Set()).add(named));
    }
    const all = [...pods.values()];
    return all.some((one, index) => all.slice(index + 1).some((other) => one.isDisjointFrom(other)));
  }

  /** The node of this process, where Kubernetes has lost sight of it; null where it has not, or where nobody knows. */
  #ownNode(recent: readonly { key: string; endpoint: LostEndpoint }[]): string | null {
    const self = this.#self;
    if (self === undefined) return null;
    const own = recent.find(({ key, endpoint }) => endpoint.pod === self.pod && key.startsWith(`${self.namespace}/`));
    return own === undefined || this.#serving.has(own.endpoint.kubeNode) ? null : own.endpoint.kubeNode;
  }

  #shorten(untilMs: number): void {
    for (const endpoint of this.#all()) {
      if (endpoint.keepUntilMs !== undefined) endpoint.keepUntilMs = Math.min(endpoint.keepUntilMs, untilMs);
    }
    this.#wait();
  }

  *#all(): Iterable<LostEndpoint> {
    for (const lost of this.#lost.values()) yield* lost.values();
  }

  /** Until the first of those that are kept is kept no more. */
  #wait(): void {
    this.#cancel();
    const times = [...this.#all()].flatMap(({ keepUntilMs }) => keepUntilMs ?? []);
    if (times.length === 0) return;
    this.#cancel = this.#clock.after(Math.max(0, Math.min(...times) - this.#clock.now()), () => {
      const keys: string[] = [];
      for (const [key, lost] of this.#lost) {
        const over = [...lost].filter(([, { keepUntilMs = Infinity }]) => keepUntilMs <= this.#clock.now());
        if (over.length > 0) keys.push(key);
        for (const [id] of over) lost.delete(id);
      }
      this.#wait();
      this.#changed(keys);
    });
  }

  get #problem(): string {
    const seconds = Math.round(this.#times.blindMs / 1000);
    return (
      'Kubernetes has lost sight of its nodes (every pod on them became not ready at once): the endpoints that were ' +
      `before are kept until they are again, at most ${seconds} s`
    );
  }
}

/** Pods only: nobody watches over what else is in a slice. `serving` is what Kubernetes sees, whatever is published. */
const isServing = ({ pod, kubeNode, conditions }: Endpoint): boolean =>
  pod !== undefined && kubeNode !== undefined && conditions.serving && !conditions.terminating;

const isLost = ({ pod, kubeNode, conditions }: Endpoint): boolean =>
  pod !== undefined && kubeNode !== undefined && !conditions.serving && !conditions.terminating;
