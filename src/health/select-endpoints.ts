import type { Endpoint } from '../model/endpoint.ts';
import { usableEndpoints } from '../model/usable-endpoints.ts';
import type { HealthState } from './target.ts';

export interface Selection {
  /** What is to be published, in the given order. */
  readonly endpoints: readonly Endpoint[];
  /** Which rule chose them: see `selectEndpoints`. */
  readonly rule: 'healthy' | 'panic' | 'terminating' | 'empty';
  /** Ready endpoints that are kept back because of their health. */
  readonly withheld: number;
}

/**
 * Chooses the endpoints of one Service port that are published.
 *
 * - `healthy`: ready endpoints that are healthy or that nobody checks. Unhealthy ones are taken out, and unknown ones
 *   wait for their first verdict.
 * - `panic`: no ready endpoint is healthy, so all ready ones are published. A check that fails everywhere is more often
 *   a wrong check than a Service without one working pod, and must not cut off every client.
 * - `terminating`: none is ready; those that terminate and still serve are better than none (`usableEndpoints`). Their
 *   health is not asked for: a backend that drains reports NOT_SERVING and still answers.
 * - `empty`: no endpoint is ready, and none that terminates still serves.
 *
 * @param healthOf - undefined where the endpoint is not checked
 */
export function selectEndpoints(
  endpoints: readonly Endpoint[],
  healthOf: (endpoint: Endpoint) => HealthState | undefined,
): Selection {
  const { endpoints: ready, rule } = usableEndpoints(endpoints);
  if (rule !== 'ready') return { endpoints: ready, rule, withheld: 0 };
  const healthy = ready.filter((endpoint) => {
    const state = healthOf(endpoint);
    return state === undefined || state === 'healthy';
  });
  if (healthy.length === 0) return { endpoints: ready, rule: 'panic', withheld: 0 };
  return { endpoints: healthy, rule: 'healthy', withheld: ready.length - healthy.length };
}

/** Best first: of several Kubernetes nodes the best rule is that of the whole. */
const ruleOrder = ['healthy', 'panic', 'terminating', 'empty'] as const;

/** As {@link selectEndpoints}, for the endpoints of each Kubernetes node by themselves. */
export function selectOnEachNode(
  endpoints: readonly Endpoint[],
  healthOf: (endpoint: Endpoint) => HealthState | undefined,
): Selection {
  const selections = [...Map.groupBy(endpoints, ({ kubeNode }) => kubeNode).values()].map((ofNode) =>
    selectEndpoints(ofNode, healthOf),
  );
  const chosen = new Set(selections.flatMap((selection) => selection.endpoints));
  return {
    endpoints: endpoints.filter((endpoint) => chosen.has(endpoint)),
    rule: ruleOrder.find((rule) => selections.some((selection) => selection.rule === rule)) ?? 'empty',
    withheld: selections.reduce((sum, { withheld }) => sum + withheld, 0),
  };
}
