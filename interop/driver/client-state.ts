import type { ClientResource } from './client-status.ts';
import type { LiveClient } from './live-client.ts';

const settleTimeoutMs = 20_000;
const pollIntervalMs = 50;

/**
 * What of a client's own view is not as it must be, one line each.
 *
 * @param missing - listeners that it asked for and cannot have yet
 */
export function complaints(resources: readonly ClientResource[], missing: readonly string[]): string[] {
  if (resources.length === 0) return ['the client holds no xDS resource'];
  return resources
    .filter(({ name, status, error }) => !missing.includes(name) && (status !== 'ACKED' || error !== ''))
    .map(({ type, name, status, error }) => `${type} ${name} is ${status}${error === '' ? '' : `: ${error}`}`);
}

/**
 * Waits until a client's own view satisfies a test.
 *
 * @returns the last view, whether or not it did in time
 */
export async function statusOnce(
  client: LiveClient,
  test: (resources: readonly ClientResource[]) => boolean,
  timeoutMs = settleTimeoutMs,
): Promise<ClientResource[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const resources = await client.status();
    if (test(resources) || performance.now() > deadline) return resources;
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
  }
}

/** What a client complains of once it has settled; a rejected resource is told at once. */
export async function settledComplaints(client: LiveClient, missing: readonly string[]): Promise<string[]> {
  const settled = (resources: readonly ClientResource[]): boolean =>
    complaints(resources, missing).length === 0 || resources.some(({ status }) => status === 'NACKED');
  return complaints(await statusOnce(client, settled), missing);
}

/** Whether the client applied the cluster and the endpoints of a Service, which come after its listener and its route. */
export function holds(resources: readonly ClientResource[], service: string): boolean {
  const canonical = `default/${service}:50051`;
  return ['Cluster', 'ClusterLoadAssignment'].every((type) =>
    resources.some((resource) => resource.type === type && resource.name === canonical && resource.status === 'ACKED'),
  );
}
