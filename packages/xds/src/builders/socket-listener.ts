import { create } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { durationOf } from '../duration.ts';
import { AccessLogSchema } from '../gen/envoy/config/accesslog/v3/accesslog_pb.ts';
import { ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { StdoutAccessLogSchema } from '../gen/envoy/extensions/access_loggers/stream/v3/stream_pb.ts';
import { HttpConnectionManagerSchema } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { reportFor } from '../profile/problem.ts';
import { checkSocketAddress } from '../profile/socket-address.ts';
import { type EncodedResource, encodeResource } from '../resource.ts';
import { type HttpConnectionManagerSpec, httpConnectionManager } from './http-connection-manager.ts';

/** A listener that Envoy opens on an address. */
export type SocketListenerSpec = HttpConnectionManagerSpec & {
  readonly name: string;
  /** IP literal to listen on. */
  readonly address: string;
  readonly port: number;
  /** Prefix of Envoy's statistics; default: the name. */
  readonly statPrefix?: string | undefined;
  /** Milliseconds without a byte after which Envoy ends a stream; 0: never, as long-lived gRPC streams need. Default 0. */
  readonly streamIdleTimeoutMs?: number | undefined;
  /**
   * Whether this Envoy is the first proxy that callers reach: it then appends their address to `x-forwarded-for` and
   * believes no `x-envoy-*` header of theirs. A caller's `x-request-id` is kept in any case. Default false.
   */
  readonly edge?: boolean | undefined;
  /** Whether Envoy writes a line for each call to its standard output. Default false. */
  readonly accessLog?: boolean | undefined;
  readonly version?: string | undefined;
};

/**
 * A listener for Envoy: takes HTTP/1.1 and HTTP/2 in plaintext on a socket and routes by host.
 *
 * @throws ResourceError
 */
export function buildSocketListener(spec: SocketListenerSpec): EncodedResource {
  const report = reportFor('Listener', spec.name);
  if (spec.name === '') throw report('name', 'is empty');
  checkSocketAddress(report, 'address.socket_address', spec);
  const manager = httpConnectionManager(spec, spec.statPrefix ?? spec.name);
  manager.streamIdleTimeout = durationOf(spec.streamIdleTimeoutMs ?? 0);
  if (spec.edge) manager.useRemoteAddress = true;
  manager.preserveExternalRequestId = spec.edge ?? false;
  if (spec.accessLog) {
    manager.accessLog = [
      create(AccessLogSchema, {
        name: 'envoy.access_loggers.stdout',
        configType: { case: 'typedConfig', value: anyPack(StdoutAccessLogSchema, create(StdoutAccessLogSchema)) },
      }),
    ];
  }
  const listener = create(ListenerSchema, {
    name: spec.name,
    address: {
      address: {
        case: 'socketAddress',
        value: { address: spec.address, portSpecifier: { case: 'portValue', value: spec.port } },
      },
    },
    filterChains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            configType: { case: 'typedConfig', value: anyPack(HttpConnectionManagerSchema, manager) },
          },
        ],
      },
    ],
  });
  return encodeResource(ListenerSchema, listener, { version: spec.version });
}
