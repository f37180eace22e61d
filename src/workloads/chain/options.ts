import { deadlineMs, grpcServerOptions, serverOptions } from '../common-options.ts';
import { choice, port, type Settings } from '../options.ts';

export const chainOptions = {
  serviceType: choice(['A', 'B', 'C'], {
    description: 'place in the chain A -> B -> C',
    env: 'SERVICE_TYPE',
    fallback: 'A',
  }),
  via: choice(['env', 'dns'], {
    description: 'how the next service is found, unless the call says (?via=)',
    fallback: 'env',
  }),
  port: port({ description: 'HTTP port; 0 = any', fallback: 8000 }),
  grpcPort: port({ description: 'gRPC port; 0 = any', fallback: 50_051 }),
  nextHttpPort: port({ description: "the next Service's HTTP port, where DNS finds it", fallback: 8000 }),
  nextGrpcPort: port({ description: "the next Service's gRPC port, where DNS finds it", fallback: 50_051 }),
  deadlineMs,
  ...serverOptions,
  ...grpcServerOptions,
};
export type ChainSettings = Settings<typeof chainOptions>;
export type ServiceType = ChainSettings['serviceType'];

/** What a place in the chain is called, in metrics and traces and as a Service. */
export function serviceNameOf(type: ServiceType): string {
  return `service-${type.toLowerCase()}`;
}
