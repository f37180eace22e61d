/** A Service that Envoy listens for; every Service has a listener of its own, since no client names a virtual host. */
export interface EnvoyRoute {
  readonly service: string;
  /** Name of the route configuration and of the cluster, `NAMESPACE/NAME:PORT`. */
  readonly name: string;
  /**
   * `rds`: the route comes from the control plane. `inline`: only cluster and endpoints do. An Envoy that is told by delta
   * RDS that a route does not exist never gets ready, so that a Service that comes later needs an inline one.
   */
  readonly route: 'rds' | 'inline';
}

export interface EnvoyBootstrapOptions {
  readonly nodeId: string;
  /** `HOST:PORT` of the control plane. */
  readonly xdsAddress: string;
  /** State of the world or delta, in both cases aggregated (ADS). */
  readonly transport: 'sotw' | 'delta';
  readonly routes: readonly EnvoyRoute[];
}

/**
 * Bootstrap of an Envoy whose routes, clusters and endpoints come from the control plane by one ADS stream. Listeners are
 * its own: which sockets a proxy opens is decided where it runs. All ports are chosen by the system.
 */
export function envoyBootstrap({ nodeId, xdsAddress, transport, routes }: EnvoyBootstrapOptions): object {
  const ads = { ads: {}, resource_api_version: 'V3' };
  const [host, port] = xdsAddress.split(':');
  return {
    node: { id: nodeId, cluster: 'interop', metadata: { namespace: 'default' } },
    admin: { address: loopback(0) },
    dynamic_resources: {
      ads_config: {
        api_type: transport === 'delta' ? 'DELTA_GRPC' : 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'control-plane' } }],
      },
      cds_config: ads,
    },
    static_resources: {
      clusters: [
        {
          name: 'control-plane',
          type: 'STATIC',
          connect_timeout: '5s',
          typed_extension_protocol_options: http2,
          load_assignment: {
            cluster_name: 'control-plane',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: loopback(Number(port), host) } }] }],
          },
        },
      ],
      listeners: routes.map(({ service, name, route }) => ({
        name: service,
        address: loopback(0),
        filter_chains: [
          {
            filters: [
              typed('envoy.filters.network.http_connection_manager', managerType, {
                stat_prefix: service,
                codec_type: 'HTTP2',
                ...(route === 'rds'
                  ? { rds: { config_source: ads, route_config_name: name } }
                  : { route_config: everythingTo(name) }),
                http_filters: [
                  typed('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router', {}),
                ],
              }),
            ],
          },
        ],
      })),
    },
  };
}

function everythingTo(cluster: string): object {
  const routes = [{ match: { prefix: '/' }, route: { cluster } }];
  const virtualHosts = [{ name: cluster, domains: ['*'], routes }];
  // A static route is otherwise refused while its cluster is not there yet.
  return { name: cluster, validate_clusters: false, virtual_hosts: virtualHosts };
}

const managerType = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

const http2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: {} },
  },
};

function loopback(port: number, address = '127.0.0.1'): object {
  return { socket_address: { address, port_value: port } };
}

function typed(name: string, type: string, config: object): object {
  return { name, typed_config: { '@type': `type.googleapis.com/${type}`, ...config } };
}
