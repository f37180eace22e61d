import { grpcServerOptions, serverOptions } from '../common-options.ts';
import { port, type Settings } from '../options.ts';

export const echoOptions = {
  port: port({ description: 'gRPC port; 0 = any', fallback: 50_051 }),
  ...serverOptions,
  ...grpcServerOptions,
};
export type EchoSettings = Settings<typeof echoOptions>;
