import {
  appVersion,
  deadlineMs,
  dnsMinIntervalMs,
  grpcServerOptions,
  lbPolicy,
  serverOptions,
} from '../common-options.ts';
import { port, type Settings, text, toggle } from '../options.ts';

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

export const helloServeOptions = {
  port: port({ description: 'HTTP port; 0 = any', fallback: 8200 }),
  appVersion: appVersion('v1-helloserve'),
  grpcUpstream: text({
    description: 'gRPC target that /hellogrpc calls',
    placeholder: 'target',
    fallback: 'dns:///grpc-svc:8000',
  }),
  httpUpstream: text({
    description: 'URL that /hellohttp calls',
    placeholder: 'url',
    shown: 'http://http-svc/hellohttp, its port from HTTP_SVC_SERVICE_PORT where that is set',
    fallback: (env) => `http://http-svc:${env.HTTP_SVC_SERVICE_PORT || 80}/hellohttp`,
  }),
  httpKeepAlive: toggle({ description: 'use HTTP connections again, which pins them', fallback: false }),
  lbPolicy: lbPolicy('round_robin'),
  dnsMinIntervalMs,
  deadlineMs,
  ...serverOptions,
};
export type HelloServeSettings = Settings<typeof helloServeOptions>;
