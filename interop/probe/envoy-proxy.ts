import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvoyProcess } from '../../src/controlplane/testing/envoy-process.ts';
import { freePorts } from '../driver/free-ports.ts';
import type { StartedServer } from './start-server.ts';

/** An Envoy that takes gRPC on one port of 127.0.0.1 and spreads calls over servers. */
export interface EnvoyProxyOptions {
  readonly servers: readonly StartedServer[];
  /** Paths of a certificate and its key; default: plaintext. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** `max_requests_per_connection` of the listener: it sends GOAWAY after so many. */
  readonly requestsOfCaller?: number | undefined;
  /** The same of the cluster. */
  readonly requestsOfServer?: number | undefined;
  /** `max_concurrent_streams` of the listener. */
  readonly streams?: number | undefined;
  /** Answers with this page instead of calling a server. */
  readonly page?: { readonly status: number; readonly html: string } | undefined;
}

export interface EnvoyProxy {
  /** `HOST:PORT` */
  readonly address: string;
  stop(): Promise<void>;
}

/** Resolves once it takes calls. */
export async function startEnvoyProxy(binary: string, options: EnvoyProxyOptions): Promise<EnvoyProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-interop-envoy-'));
  const [listen, admin] = (await freePorts(2)) as [number, number];
  const envoy = await EnvoyProcess.start(binary, join(folder, 'envoy.json'), bootstrapOf(options, listen, admin));
  const stop = async (): Promise<void> => {
    await envoy.stop();
    rmSync(folder, { recursive: true });
  };
  try {
    await envoy.ready(`127.0.0.1:${admin}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address: `127.0.0.1:${listen}`, stop };
}

function bootstrapOf(options: EnvoyProxyOptions, listen: number, admin: number): object {
  const at = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } });
  const { servers, requestsOfServer, tls } = options;
  return {
    admin: { address: at(admin) },
    static_resources: {
      listeners: [
        {
          name: 'grpc',
          address: at(listen),
          filter_chains: [
            {
              filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: managerOf(options) }],
              ...(tls !== undefined && { transport_socket: transportOf(tls) }),
            },
          ],
        },
      ],
      clusters: [
        {
          name: 'servers',
          type: 'STATIC',
          lb_policy: 'ROUND_ROBIN',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: { http2_protocol_options: {} },
              ...(requestsOfServer !== undefined && {
                common_http_protocol_options: { max_requests_per_connection: requestsOfServer },
              }),
            },
          },
          load_assignment: {
            cluster_name: 'servers',
            endpoints: [
              {
                lb_endpoints: servers.map(({ address }) => ({
                  endpoint: { address: at(Number(address.split(':')[1])) },
                })),
              },
            ],
          },
        },
      ],
    },
  };
}

function managerOf({ requestsOfCaller, streams, page }: EnvoyProxyOptions): object {
  const match = { prefix: '/' };
  const route =
    page === undefined
      ? { match, route: { cluster: 'servers' } }
      : {
          match,
          direct_response: { status: page.status, body: { inline_string: page.html } },
          response_headers_to_add: [{ header: { key: 'content-type', value: 'text/html' } }],
        };
  return {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'probe',
    codec_type: 'HTTP2',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
    ...(requestsOfCaller !== undefined && {
      common_http_protocol_options: { max_requests_per_connection: requestsOfCaller },
    }),
    ...(streams !== undefined && { http2_protocol_options: { max_concurrent_streams: streams } }),
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
  };
}

function transportOf({ cert, key }: { readonly cert: string; readonly key: string }): object {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        alpn_protocols: ['h2'],
        tls_certificates: [{ certificate_chain: { filename: cert }, private_key: { filename: key } }],
      },
    },
  };
}
