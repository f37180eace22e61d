import { formatAddress } from '../base/listen-address.ts';
import { envoyAdminPort, envoyDeployment } from '../environments/lab/envoy-pod.ts';
import type { Lab } from '../lab/index.ts';
import { envoyListener, http2Upstream, socketAddress } from './envoy-parts.ts';

const name = 'envoy';
const ports = { round_robin: 10_001, least_request: 10_002 } as const;
export type EnvoyPolicy = keyof typeof ports;

/**
 * An Envoy with a listener for each policy, all in front of the same pods.
 *
 * @returns where to call for each policy, and its version
 */
export async function startEnvoy(
  lab: Lab,
  binary: string,
  pods: readonly { readonly ip: string; readonly port: number }[],
): Promise<Readonly<Record<EnvoyPolicy, string>>> {
  lab.createDeployment(envoyDeployment(name, binary, ports.round_robin, bootstrap(pods)));
  try {
    const [pod] = await lab.ready(name);
    const at = (policy: EnvoyPolicy): string => formatAddress(pod!.ip, ports[policy]);
    return { round_robin: at('round_robin'), least_request: at('least_request') };
  } catch (error) {
    await lab.deleteDeployment(name);
    throw error;
  }
}

function bootstrap(pods: readonly { readonly ip: string; readonly port: number }[]): object {
  const policies = Object.keys(ports) as EnvoyPolicy[];
  const endpoints = pods.map(({ ip, port }) => ({ endpoint: { address: socketAddress(ip, port) } }));
  return {
    admin: { address: socketAddress('$(POD_IP)', envoyAdminPort) },
    static_resources: {
      listeners: policies.map((policy) => envoyListener(policy, ports[policy])),
      clusters: policies.map((policy) => ({
        name: policy,
        type: 'STATIC',
        lb_policy: policy.toUpperCase(),
        ...http2Upstream,
        load_assignment: { cluster_name: policy, endpoints: [{ lb_endpoints: endpoints }] },
      })),
    },
  };
}
