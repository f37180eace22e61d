import type { Endpoint } from './endpoint.ts';

export interface UsableEndpoints {
  /** In the given order. */
  readonly endpoints: readonly Endpoint[];
  readonly rule: 'ready' | 'terminating' | 'empty';
}

/**
 * The endpoints that calls may go to, as kube-proxy chooses them: those that are ready, and where none is, those that
 * terminate and still serve (KEP-1669).
 *
 * `ready` is the last word of whoever manages the endpoint (EndpointSlice API): with `publishNotReadyAddresses` an
 * endpoint is ready though it terminates or does not serve.
 */
export function usableEndpoints(all: readonly Endpoint[]): UsableEndpoints {
  const ready = all.filter(({ conditions }) => conditions.ready);
  if (ready.length > 0) return { endpoints: ready, rule: 'ready' };
  const leaving = all.filter(({ conditions }) => conditions.serving && conditions.terminating);
  return { endpoints: leaving, rule: leaving.length > 0 ? 'terminating' : 'empty' };
}
