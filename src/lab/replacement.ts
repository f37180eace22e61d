import type { RollingUpdate } from './spec.ts';

/** What the plan has to know of a pod; only pods that are not terminating. */
export interface PlannedPod {
  readonly name: string;
  readonly kubeNode: string;
  /** Made from the newest revision. */
  readonly current: boolean;
  readonly ready: boolean;
  /** Ready for long enough to count in a rollout. */
  readonly available: boolean;
  readonly createdAt: number;
}

export interface Plan {
  /** Pods of the newest revision to make. */
  readonly create: number;
  /** Pods to terminate. */
  readonly remove: readonly string[];
}

/**
 * The next step of a Deployment: from what is there to `replicas` pods of the newest revision, never more than
 * `replicas + maxSurge` pods and, as far as it is up to us, never fewer than `replicas - maxUnavailable` available ones.
 *
 * The order is Kubernetes' own: make room for new pods, take out old ones that do not work, then old ones that do.
 */
export function planReplacement(replicas: number, strategy: RollingUpdate, pods: readonly PlannedPod[]): Plan {
  const { surge, unavailable } = limits(replicas, strategy);
  const current = pods.filter((pod) => pod.current);
  const old = pods.filter((pod) => !pod.current);

  const create = Math.max(0, Math.min(replicas - current.length, replicas + surge - pods.length));
  const remove = removalOrder(current, pods).slice(0, Math.max(0, current.length - replicas));

  // What is neither needed for the minimum nor new and still starting may go now. A broken pod counts for nothing, so
  // it can go even where every working one is needed.
  const minAvailable = replicas - unavailable;
  const startingNow = current.filter((pod) => !pod.available).length;
  const mayGo = Math.max(0, pods.length - remove.length - minAvailable - startingNow);
  const broken = old.filter((pod) => !pod.available).slice(0, mayGo);
  const available = pods.filter((pod) => pod.available && !remove.includes(pod)).length;
  const working = removalOrder(
    old.filter((pod) => pod.available),
    pods,
  ).slice(0, Math.max(0, available - minAvailable));
  return { create, remove: [...remove, ...broken, ...working].map(({ name }) => name) };
}

/** Surge rounded up, unavailable rounded down; both zero would never move, so one may be unavailable then. */
export function limits(
  replicas: number,
  { maxSurge = '25%', maxUnavailable = '25%' }: RollingUpdate,
): {
  surge: number;
  unavailable: number;
} {
  const share = (value: number | string, round: (x: number) => number): number =>
    typeof value === 'number' ? value : round((Number.parseFloat(value) / 100) * replicas);
  const surge = share(maxSurge, Math.ceil);
  const unavailable = Math.min(replicas, share(maxUnavailable, Math.floor));
  return surge === 0 && unavailable === 0 ? { surge: 0, unavailable: 1 } : { surge, unavailable };
}

/** Who goes first: not ready, then where most of its kind are on one machine, then the youngest. */
function removalOrder(candidates: readonly PlannedPod[], all: readonly PlannedPod[]): PlannedPod[] {
  const left = new Map<string, number>();
  for (const { kubeNode } of all) left.set(kubeNode, (left.get(kubeNode) ?? 0) + 1);
  const rest = [...candidates];
  const order: PlannedPod[] = [];
  while (rest.length > 0) {
    rest.sort(
      (a, b) =>
        Number(a.ready) - Number(b.ready) ||
        (left.get(b.kubeNode) ?? 0) - (left.get(a.kubeNode) ?? 0) ||
        b.createdAt - a.createdAt ||
        (a.name < b.name ? -1 : 1),
    );
    const next = rest.shift()!;
    left.set(next.kubeNode, (left.get(next.kubeNode) ?? 0) - 1);
    order.push(next);
  }
  return order;
}
