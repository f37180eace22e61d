import { clientBootstrap } from '../bootstrap/client-bootstrap.ts';
import type { SchemeId, Target } from '../probe/index.ts';
import { shortened } from './intervals.ts';

/**
 * A name that DNS knows every pod of.
 *
 * @param name - `HOST:PORT`
 * @param server - `HOST:PORT` of the DNS server that is asked; default: the system's
 */
export function dnsTarget(name: string, server?: string): Target {
  return {
    target: `dns://${server ?? ''}/${name}`,
    // Only with this resolver does grpc-js ask the DNS server that a target names.
    ...(server !== undefined && { env: { GRPC_NODE_USE_ALTERNATIVE_RESOLVER: 'true' } }),
    channelOptions: { 'grpc.dns_min_time_between_resolutions_ms': shortened.clientDns.valueMs },
  };
}

/** @param server - `HOST:PORT` of the control plane */
export function xdsTarget(name: string, namespace: string, server: string, scheme: SchemeId): Target {
  const bootstrap = clientBootstrap({ server, namespace, nodeId: `probe-${scheme}` });
  return { target: `xds:///${name}`, env: { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) } };
}
