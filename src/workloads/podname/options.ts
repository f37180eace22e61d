import { deadlineMs, dnsMinIntervalMs, grpcServerOptions, lbPolicy, serverOptions } from '../common-options.ts';
import { integer, port, type Settings, text, toggle } from '../options.ts';

export const serverBothOptions = {
  port: port({ description: 'HTTP port; 0 = any', fallback: 8080 }),
  grpcPort: port({ description: 'gRPC port; 0 = any', fallback: 50_051 }),
  ...serverOptions,
  ...grpcServerOptions,
};
export type ServerBothSettings = Settings<typeof serverBothOptions>;

const loopOptions = {
  intervalMs: integer({ description: 'from one call to the next', placeholder: 'ms', fallback: 1000 }),
  count: integer({ description: 'stop after so many calls; 0 = never', fallback: 0 }),
  run: text({
    description: 'count the calls under this run at the servers',
    placeholder: 'id',
    shown: 'none',
    fallback: '',
  }),
  deadlineMs,
};
export type LoopSettings = Settings<typeof loopOptions>;

export const clientHttpOptions = {
  url: text({ description: 'what to call', placeholder: 'url', fallback: 'http://server:8080/' }),
  keepAlive: toggle({ description: 'use connections again, which pins them', fallback: false }),
  ...loopOptions,
};
export type ClientHttpSettings = Settings<typeof clientHttpOptions>;

export const clientGrpcOptions = {
  target: text({ description: 'what to call', placeholder: 'target', fallback: 'dns:///server:50051' }),
  lbPolicy: lbPolicy('pick_first'),
  dnsMinIntervalMs,
  ...loopOptions,
};
export type ClientGrpcSettings = Settings<typeof clientGrpcOptions>;
