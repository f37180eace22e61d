import { create } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { HttpConnectionManagerSchema } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { checkListener } from '../profile/listener.ts';
import { type EncodedResource, encodeResource } from '../resource.ts';
import { type HttpConnectionManagerSpec, httpConnectionManager } from './http-connection-manager.ts';

/** A listener that gRPC clients name. */
export type ApiListenerSpec = HttpConnectionManagerSpec & {
  /** What clients write behind `xds:///`. */
  readonly name: string;
  /** Default: a hash of the content. */
  readonly version?: string | undefined;
};

/**
 * A listener for gRPC clients (gRFC A27): no socket, only where calls to its name go.
 *
 * @throws ResourceError
 */
export function buildApiListener(spec: ApiListenerSpec): EncodedResource {
  const manager = httpConnectionManager(spec);
  const listener = create(ListenerSchema, {
    name: spec.name,
    apiListener: { apiListener: anyPack(HttpConnectionManagerSchema, manager) },
  });
  checkListener(listener);
  return encodeResource(ListenerSchema, listener, { version: spec.version });
}
