import type { Clock } from '../../base/clock.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import type { ServicePort } from '../../model/service.ts';
import { identity, keepEndpoints } from './keep-endpoints.ts';
import { isServing, type NamedPod, podKey, ServingPods } from './serving-pods.ts';

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
  /**
   * How long it is not believed that a Service has lost its last endpoint, where that of others may follow; default 3,000. Each
   * pod and each EndpointSlice is written by itself, so that what happens at one moment is told in several.
   */
  readonly momentMs: number;
}

export const defaultSightTimes: SightTimes = {
  ...{ burstMs: 30_000, blindMs: 300_000, returnMs: 120_000 },
  momentMs: 3_000,
};

interface LostEndpoint {
  readonly kubeNode: string;
  readonly pod: string;
  readonly atMs: number;
  /** Until when it is kept; undefined: Kubernetes is believed, but for a moment. */
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
 * ends or is gone. Nothing is lost by that: without endpoints every call fails. So they are for a moment where it may turn
 * out that way.
 */
export class NodeSight {
  readonly #clock: Clock;
  readonly #times: SightTimes;
  /** The pod that this process is. */
  readonly #self: NamedPod | undefined;
  readonly #changed: (keys: readonly string[]) => void;
  readonly #serving = new ServingPods();
  /** Listed, served before and no more, and not terminating; by key of the Service and identity. */
  readonly #lost = new Map<string, Map<string, LostEndpoint>>();
  readonly #kept = new Map<string, ReadonlySet<string>>();
  /** When the moment after a Service last lost an endpoint is over. */
  readonly #moments = new Map<string, number>();
  #hasNews = false;
  #isSeenAgain = false;
  #cancel = () => {};

  /**
   * @param self - the pod that this process is; undefined: it is none
   * @param changed - is given the Services of which Kubernetes is believed again, since the time is over
   */
  constructor(clock: Clock, times: SightTimes, self: NamedPod | undefined, changed: (keys: readonly string[]) => void) {
    this.#clock = clock;
    this.#times = times;
    this.#self = self;
    this.#changed = changed;
  }

  /** What Kubernetes says of a Service now; undefined: it is gone. To be followed by {@link settle}. */
  observe(key: string, ports: readonly ServicePort[] | undefined): void {
    this.#compare(key, this.#serving.replace(key, ports), ports ?? []);
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
    const keys = new Set<string>();
    for (const { key, endpoint } of recent) {
      if (blind === null || endpoint.keepUntilMs !== undefined) continue;
      if (blind !== undefined && endpoint.kubeNode !== blind) continue;
      endpoint.keepUntilMs = now + this.#times.blindMs;
      this.#moments.delete(key);
      keys.add(key);
    }
    this.#wait();
    return [...keys];
  }

  /** The ports of a Service as they are to be reported, and in what they differ from Kubernetes' word. */
  apply(key: string, ports: readonly ServicePort[]): { ports: readonly ServicePort[]; problems: readonly string[] } {
    const now = this.#clock.now();
    const lost = [...(this.#lost.get(key) ?? [])];
    const unseen = lost.filter(([, { keepUntilMs = 0 }]) => keepUntilMs > now);
    const candidates = new Set((unseen.length > 0 ? unseen : this.#doubted(key, lost)).map(([id]) => id));
    const before = new Set([...(this.#kept.get(key) ?? [])].filter((id) => candidates.has(id)));
    const { ports: kept, kept: ids } = keepEndpoints(ports, candidates, before);
    if (ids.size === 0) this.#kept.delete(key);
    else this.#kept.set(key, ids);
    return { ports: kept, problems: ids.size === 0 ? [] : [unseen.length > 0 ? this.#problem : this.#momentProblem] };
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
        this.#moments.set(key, this.#clock.now() + this.#times.momentMs);
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

  /** Those that went together with the last one a moment ago, where others may be about to follow. */
  #doubted(key: string, lost: readonly [string, LostEndpoint][]): readonly [string, LostEndpoint][] {
    const { momentMs } = this.#times;
    const endMs = this.#moments.get(key) ?? 0;
    if (endMs <= this.#clock.now()) return [];
    const together = lost.filter(([, { atMs }]) => atMs > endMs - 2 * momentMs);
    const nodes = new Set([...this.#serving.nodes, ...lost.map(([, { kubeNode }]) => kubeNode)]);
    const pods = new Set(lost.map(([, { pod }]) => podKey(key, pod)));
    if (nodes.size > 1 && this.#serving.hasOthers(key, pods)) return together;
    const own = this.#self && this.#serving.nodeOf(this.#self);
    return together.filter(([, { kubeNode }]) => kubeNode === own);
  }

  #isEveryNodeLost(recent: readonly { key: string; endpoint: LostEndpoint }[]): boolean {
    if (!this.#serving.isEmpty) return false;
    if (new Set(recent.map(({ endpoint }) => endpoint.kubeNode)).size < 2) return false;
    const pods = new Map<string, Set<string>>();
    for (const { key, endpoint } of recent) {
      pods.set(key, (pods.get(key) ?? new Set()).add(podKey(key, endpoint.pod)));
    }
    const all = [...pods.values()];
    return all.some((one, index) => all.slice(index + 1).some((other) => one.isDisjointFrom(other)));
  }

  /** The node of this process, where Kubernetes has lost sight of it; null where it has not, or where nobody knows. */
  #ownNode(recent: readonly { key: string; endpoint: LostEndpoint }[]): string | null {
    const self = this.#self;
    if (self === undefined) return null;
    const own = recent.find(({ key, endpoint }) => endpoint.pod === self.pod && key.startsWith(`${self.namespace}/`));
    return own === undefined || this.#serving.isOnNode(own.endpoint.kubeNode) ? null : own.endpoint.kubeNode;
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
    const times = [...this.#moments.values(), ...[...this.#all()].flatMap(({ keepUntilMs }) => keepUntilMs ?? [])];
    if (times.length === 0) return;
    this.#cancel = this.#clock.after(Math.max(0, Math.min(...times) - this.#clock.now()), () => {
      const now = this.#clock.now();
      const keys = new Set<string>();
      for (const [key, endMs] of this.#moments) {
        if (endMs > now) continue;
        this.#moments.delete(key);
        if (this.#kept.has(key)) keys.add(key);
      }
      for (const [key, lost] of this.#lost) {
        const over = [...lost].filter(([, { keepUntilMs = Infinity }]) => keepUntilMs <= now);
        if (over.length > 0) keys.add(key);
        for (const [id] of over) lost.delete(id);
      }
      this.#wait();
      if (keys.size > 0) this.#changed([...keys]);
    });
  }

  get #momentProblem(): string {
    const seconds = Math.round(this.#times.momentMs / 1000);
    return `no endpoint is ready any more: those that were are kept for ${seconds} s, in case Kubernetes has lost sight of its nodes`;
  }

  get #problem(): string {
    const seconds = Math.round(this.#times.blindMs / 1000);
    return (
      'Kubernetes has lost sight of its nodes (every pod on them became not ready at once): the endpoints that were ' +
      `before are kept until they are again, at most ${seconds} s`
    );
  }
}

const isLost = ({ pod, kubeNode, conditions }: Endpoint): boolean =>
  pod !== undefined && kubeNode !== undefined && !conditions.serving && !conditions.terminating;
