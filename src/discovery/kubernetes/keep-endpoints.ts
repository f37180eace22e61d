import type { Endpoint } from '../../model/endpoint.ts';
import type { ServicePort } from '../../model/service.ts';

/** What an endpoint is known by; an address alone may be another pod's by now. */
export function identity({ address, port, pod = '' }: Endpoint): string {
  return `${address} ${port} ${pod}`;
}

/**
 * The ports with endpoints that Kubernetes says are not ready and that are believed to be. Pure.
 *
 * One that terminates, or that is not listed any more, is never kept.
 *
 * @param candidates - what may be kept of a port without a single ready endpoint
 * @param kept - what was kept the last time, and stays until it is ready again, whoever else is
 */
export function keepEndpoints(
  ports: readonly ServicePort[],
  candidates: ReadonlySet<string> | undefined,
  kept: ReadonlySet<string> | undefined,
): { readonly ports: readonly ServicePort[]; readonly kept: ReadonlySet<string> } {
  const now = new Set<string>();
  const changed = ports.map((port) => {
    const known = port.endpoints.some(({ conditions }) => conditions.ready) ? kept : candidates;
    const endpoints = port.endpoints.map((endpoint) => {
      const { ready, terminating } = endpoint.conditions;
      if (ready || terminating || known?.has(identity(endpoint)) !== true) return endpoint;
      now.add(identity(endpoint));
      return { ...endpoint, conditions: { ready: true, serving: true, terminating } };
    });
    return { ...port, endpoints };
  });
  return now.size === 0 ? { ports, kept: now } : { ports: changed, kept: now };
}
