import { appVersion, grpcServerOptions, port, serverOptions } from '../common-options.ts';
import type { Settings } from '../options.ts';

export const helloGrpcOptions = {
  port: port({ description: 'gRPC port; 0 = any', fallback: 8000 }),
  appVersion: appVersion('v1-hellogrpc'),
  ...serverOptions,
  ...grpcServerOptions,
};
export type HelloGrpcSettings = Settings<typeof helloGrpcOptions>;

export const helloHttpOptions = {
  port: port({ description: 'HTTP port; 0 = any', fallback: 8100 }),
  appVersion: appVersion('v1-hellohttp'),
  ...serverOptions,
};
export type HelloHttpSettings = Settings<typeof helloHttpOptions>;
