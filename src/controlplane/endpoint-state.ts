import type { Selection } from '../health/select-endpoints.ts';
import type { HealthState } from '../health/target.ts';
import type { Endpoint } from '../model/endpoint.ts';

/** What was chosen of the endpoints of one Service port. */
export interface PortSelection extends Pick<Selection, 'rule'> {
  /** The endpoints that clients get, the same objects as in the Service. */
  readonly published: ReadonlySet<Endpoint>;
  /** Those that come and go so often that they are kept back. */
  readonly damped: ReadonlySet<Endpoint>;
  /** Those that clients would get but for what clients report of them. */
  readonly ejected: ReadonlySet<Endpoint>;
}

/** Why an endpoint is sent to clients, or why not. */
export type EndpointState =
  | 'published'
  | 'terminating'
  | 'not-ready'
  | 'damped'
  | 'ejected'
  | 'unhealthy'
  | 'unchecked-yet'
  | 'pending';

/**
 * What became of one endpoint; `pending` until its Service is published for the first time.
 *
 * @param health - undefined where the endpoint is not checked
 */
export function endpointState(
  endpoint: Endpoint,
  selection: PortSelection | undefined,
  health: HealthState | undefined,
): EndpointState {
  if (selection === undefined) return 'pending';
  if (selection.published.has(endpoint)) return 'published';
  if (selection.damped.has(endpoint)) return 'damped';
  if (selection.ejected.has(endpoint)) return 'ejected';
  if (!endpoint.conditions.ready) return endpoint.conditions.terminating ? 'terminating' : 'not-ready';
  return health === 'unhealthy' ? 'unhealthy' : 'unchecked-yet';
}

/** One sentence for each rule of `selectEndpoints`, for people. */
export const ruleMeanings: Readonly<Record<Selection['rule'], string>> = {
  healthy: 'ready endpoints that are healthy or not checked, and not ejected',
  panic: 'no ready endpoint passes its health check, so all ready ones are published',
  terminating: 'no endpoint is ready; those that terminate and still serve are published',
  empty: 'no endpoint is ready, and none that terminates still serves',
};
