import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { EvenkeelError } from '../base/errors.ts';
import { type ClientTlsFiles, envoyTransportSocket } from './client-tls.ts';

export interface EnvoyBootstrapOptions {
  /** Name of a gateway in the control plane's configuration. */
  readonly gateway: string;
  /** `HOST:PORT` of the control plane; default `127.0.0.1:18000`, with TLS `127.0.0.1:18443`. */
  readonly server?: string | undefined;
  /** IP literal that Envoy's admin server listens on; default `127.0.0.1`. It can end the process: none for strangers. */
  readonly adminHost?: string | undefined;
  /** Default 9901. */
  readonly adminPort?: number | undefined;
  /** State of the world, the default, or delta: the same configuration, less of it sent again after a change. */
  readonly delta?: boolean | undefined;
  /** Name under which the control plane lists this Envoy; default `POD_NAME`, else the host's name. */
  readonly nodeId?: string | undefined;
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  readonly subZone?: string | undefined;
  /** Namespace and workload that it is listed as a caller with; default `POD_NAMESPACE`, and the gateway's name. */
  readonly namespace?: string | undefined;
  readonly workload?: string | undefined;
  /** Reports what became of its calls, to a control plane with `--load-reports`; default false. */
  readonly loadReports?: boolean | undefined;
  /** Connects to the control plane with TLS; default: without. */
  readonly tls?: ClientTlsFiles | undefined;
}

const controlPlaneCluster = 'evenkeel';

/** Downstream connections at a time; without a bound a proxy at the edge can be filled up, and Envoy warns of it. */
const maxConnections = 50_000;

/**
 * The bootstrap of an Envoy that gets everything else, its listener included, over one aggregated stream (ADS).
 *
 * Envoy is not ready before the control plane has answered, however long that takes: a proxy that gives up waiting is
 * ready and listens nowhere.
 *
 * @throws EvenkeelError `EK_USAGE`
 */
export function envoyBootstrap(options: EnvoyBootstrapOptions, env: NodeJS.ProcessEnv = process.env): object {
  const { gateway, tls, adminHost = '127.0.0.1', adminPort = 9901, delta = false, loadReports = false } = options;
  const { server = tls === undefined ? '127.0.0.1:18000' : '127.0.0.1:18443' } = options;
  const { region = '', zone = '', subZone = '' } = options;
  const { host, port } = parseServer(server);
  const ads = { resource_api_version: 'V3', ads: {}, initial_fetch_timeout: '0s' };
  return {
    node: {
      id: options.nodeId ?? env.POD_NAME ?? hostname(),
      cluster: gateway,
      locality: { region, zone, sub_zone: subZone },
      metadata: {
        namespace: options.namespace ?? env.POD_NAMESPACE ?? 'default',
        workload: options.workload ?? gateway,
        ...(env.NODE_NAME === undefined ? {} : { kubeNode: env.NODE_NAME }),
      },
    },
    admin: { address: socketAddress(adminHost, adminPort) },
    dynamic_resources: {
      ads_config: {
        api_type: delta ? 'DELTA_GRPC' : 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [
          {
            envoy_grpc: {
              cluster_name: controlPlaneCluster,
              // Envoy's own back-off goes up to 30 s, so long a restarted control plane would have nothing to say.
              retry_policy: { retry_back_off: { base_interval: '0.25s', max_interval: '5s' } },
            },
          },
        ],
      },
      cds_config: ads,
      lds_config: ads,
    },
    // How often is for the control plane to say: an Envoy repeats in each report who it is (Bootstrap.ClusterManager).
    ...(loadReports && {
      cluster_manager: {
        load_stats_config: {
          api_type: 'GRPC',
          transport_api_version: 'V3',
          grpc_services: [{ envoy_grpc: { cluster_name: controlPlaneCluster } }],
        },
      },
    }),
    static_resources: {
      clusters: [
        {
          name: controlPlaneCluster,
          type: isIP(host) === 0 ? 'STRICT_DNS' : 'STATIC',
          connect_timeout: '2s',
          ...(tls !== undefined && { transport_socket: envoyTransportSocket(tls, host) }),
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: {
                // A control plane whose machine is gone says no goodbye.
                http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '5s' } },
              },
            },
          },
          load_assignment: {
            cluster_name: controlPlaneCluster,
            endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(host, port) } }] }],
          },
        },
      ],
    },
    overload_manager: {
      resource_monitors: [
        {
          name: 'envoy.resource_monitors.global_downstream_max_connections',
          typed_config: {
            '@type':
              'type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
            max_active_downstream_connections: maxConnections,
          },
        },
      ],
    },
  };
}

function parseServer(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) {
    throw new EvenkeelError('EK_USAGE', `"${text}" is not the address of a control plane`, {
      field: '--server',
      hint: 'Write HOST:PORT, for example xds-srv:18000.',
    });
  }
  return { host: (match[1] ?? match[2])!, port };
}

function socketAddress(address: string, port: number): object {
  return { socket_address: { address, port_value: port } };
}
