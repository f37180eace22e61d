import { deadlineMs, dnsMinIntervalMs, grpcServerOptions, lbPolicy, serverOptions } from '../common-options.ts';
import { port, type Settings, text } from '../options.ts';

/** The applications of system D are one program under two paths. */
export const sampleAppOptions = (path: '/go' | '/js') => ({
  port: port({ description: 'HTTP port; 0 = any', fallback: 8080 }),
  basePath: text({ description: 'path that the front passes on unchanged', placeholder: 'path', fallback: path }),
  grpcUpstream: text({
    description: 'gRPC target that BASE/sample calls',
    placeholder: 'target',
    fallback: 'dns:///sample-service-grpc:8080',
  }),
  lbPolicy: lbPolicy('round_robin'),
  dnsMinIntervalMs,
  deadlineMs,
  ...serverOptions,
});
export type SampleAppSettings = Settings<ReturnType<typeof sampleAppOptions>>;

export const sampleGrpcOptions = {
  port: port({ description: 'gRPC port; 0 = any', fallback: 8080 }),
  ...serverOptions,
  ...grpcServerOptions,
};
export type SampleGrpcSettings = Settings<typeof sampleGrpcOptions>;

export const sampleNginxOptions = {
  port: port({ description: 'HTTP port', fallback: 8080 }),
  nginx: text({ description: 'the nginx program', placeholder: 'path', fallback: 'nginx' }),
  goUpstream: text({ description: 'what answers /go', placeholder: 'host:port', fallback: 'sample-service-go:8080' }),
  jsUpstream: text({ description: 'what answers /js', placeholder: 'host:port', fallback: 'sample-service-js:8080' }),
  deadlineMs,
  ...serverOptions,
};
export type SampleNginxSettings = Settings<typeof sampleNginxOptions>;
