import type { ClientResource } from './client-status.ts';
import type { ControlPlane } from './control-plane.ts';
import { type LiveClient, nodeIdOf } from './live-client.ts';

/** gRPC clients double the time between two tries; after an outage of 30 s the next one may be as far away. */
const reconnectTimeoutMs = 60_000;

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

/**
 * What a client complains of once it has settled; a rejected resource is told at once.
 *
 * Settled means that the control plane sees it too: after a restart a client still holds what it had, and the next case
 * must not begin before it is back.
 */
export async function settledComplaints(
  client: LiveClient,
  controlPlane: ControlPlane,
  missing: readonly string[],
): Promise<string[]> {
  const deadline = performance.now() + reconnectTimeoutMs;
  while (!(await controlPlane.settledNodes()).includes(nodeIdOf(client.id))) {
    if (performance.now() > deadline) return [`the client is not back after ${reconnectTimeoutMs / 1000} s`];
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
  }
  const settled = (resources: readonly ClientResource[]): boolean =>
    complaints(resources, missing).length === 0 || resources.some(({ status }) => status === 'NACKED');
  return complaints(await statusOnce(client, settled), missing);
}

/** Waits until the client applied what leads to these Services. */
export async function awaitServices(client: LiveClient, services: readonly string[]): Promise<void> {
  const all = (resources: readonly ClientResource[]): boolean => services.every((name) => holds(resources, name));
  const resources = await statusOnce(client, all);
  if (!all(resources)) throw new Error(`the client did not get ${services.join(', ')}: ${complaints(resources, [])}`);
}

/**
 * Whether the client applied all that leads to a Service. A gRPC client asks for cluster and endpoints after listener and
 * route; to Envoy they come before the route, of which the Service is a virtual host.
 */
function holds(resources: readonly ClientResource[], service: string): boolean {
  const canonical = `default/${service}:50051`;
  const has = (type: string, name: string): boolean =>
    resources.some((resource) => resource.type === type && resource.name === name && resource.status === 'ACKED');
  const isEnvoy = resources.some(({ type }) => type === 'VirtualHost');
  return (
    has('Cluster', canonical) &&
    has('ClusterLoadAssignment', canonical) &&
    (!isEnvoy || has('VirtualHost', `default/${service}`))
  );
}
