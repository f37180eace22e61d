import { formatAddress } from '../../base/listen-address.ts';
import type { Lab } from '../../lab/index.ts';

const name = 'envoy';
const adminPort = 9901;
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
  lab.createDeployment({
    name,
    template: {
      command: binary,
      args: [
        ...['--config-yaml', JSON.stringify(bootstrap(pods))],
        // One worker: each has a round robin, and a count of calls in flight, of its own.
        ...['--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'],
      ],
      ports: [{ name: 'grpc', port: ports.round_robin }],
      readiness: { http: { port: adminPort, path: '/ready' } },
    },
  });
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
  return {
    admin: { address: socket('$(POD_IP)', adminPort) },
    static_resources: {
      listeners: policies.map((policy) => ({
        name: policy,
        address: socket('$(POD_IP)', ports[policy]),
        filter_chains: [{ filters: [{ name: 'http', typed_config: connectionManager(policy) }] }],
      })),
      clusters: policies.map((policy) => ({
        name: policy,
        type: 'STATIC',
        lb_policy: policy.toUpperCase(),
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            explicit_http_config: { http2_protocol_options: {} },
          },
        },
        load_assignment: {
          cluster_name: policy,
          endpoints: [{ lb_endpoints: pods.map(({ ip, port }) => ({ endpoint: { address: socket(ip, port) } })) }],
        },
      })),
    },
  };
}

function connectionManager(cluster: string): object {
  return {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: cluster,
    route_config: {
      virtual_hosts: [
        { name: cluster, domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster, timeout: '0s' } }] },
      ],
    },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
  };
}

function socket(address: string, port: number): object {
  return { socket_address: { address, port_value: port } };
}
