import { create } from '@bufbuild/protobuf';
import { ApiVersion, type ConfigSource, ConfigSourceSchema } from '../gen/envoy/config/core/v3/config_source_pb.ts';

/** Where a client gets what a resource refers to: from the same aggregated stream. */
export function adsConfigSource(): ConfigSource {
  return create(ConfigSourceSchema, {
    resourceApiVersion: ApiVersion.V3,
    configSourceSpecifier: { case: 'ads', value: {} },
  });
}

/** The server that sent the resource, over whatever stream. */
export function selfConfigSource(): ConfigSource {
  return create(ConfigSourceSchema, {
    resourceApiVersion: ApiVersion.V3,
    configSourceSpecifier: { case: 'self', value: {} },
  });
}
