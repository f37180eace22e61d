import { findEnvoy, whyNoEnvoy } from '../base/find-envoy.ts';

/** Path of an Envoy, or why there is none. @throws EvenkeelError `EK_ENVOY_MISSING` where nothing may be skipped */
export async function chooseEnvoy(): Promise<string | { readonly missing: string }> {
  return (await findEnvoy()) ?? { missing: whyNoEnvoy() };
}

/** A listener of the pod whose calls all go to one cluster. */
export function envoyListener(cluster: string, port: number): object {
  return {
    name: cluster,
    address: socketAddress('$(POD_IP)', port),
    filter_chains: [{ filters: [{ name: 'http', typed_config: connectionManager(cluster) }] }],
  };
}

/** What a cluster needs to be called by gRPC. */
export const http2Upstream = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

export function socketAddress(address: string, port: number): object {
  return { socket_address: { address, port_value: port } };
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
