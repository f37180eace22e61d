import type { DescService } from '@bufbuild/protobuf';
import { Health } from '@evenkeel/xds/gen/health/v1/health_pb';
import { type ChannelOptions, logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { formatAddress, listenError } from '../../base/listen-address.ts';
import type { GrpcServerSettings } from '../common-options.ts';
import type { Pod } from '../pod/pod.ts';
import type { RunningServer } from '../pod/running-server.ts';
import { serviceDefinition } from './definition.ts';
import { implementation, type UnaryMethods } from './handler.ts';
import { HealthService } from './health.ts';
import { Orca } from './orca.ts';
import { addReflection } from './reflection.ts';

/** Nothing here is larger than a greeting; the bound is for those who send more all the same. */
const maxReceiveBytes = 64 * 1024;

/** Of one connection, in MB; enough for 1,000 calls of the largest size. grpc-js has no bound of its own. */
const maxSessionMemoryMb = 128;

/**
 * A gRPC server for one generated service, with health (also under the service's own name) and reflection.
 *
 * @throws EvenkeelError `EK_PORT_IN_USE`
 */
export async function startGrpcServer<S extends DescService>(
  pod: Pod,
  settings: GrpcServerSettings,
  listen: { readonly port: number; readonly field?: string },
  service: S,
  methods: UnaryMethods<S>,
): Promise<RunningServer> {
  const server = new Server(serverOptions(settings));
  const orca = settings.orcaCapacity > 0 ? new Orca(settings.orcaCapacity) : undefined;
  server.addService(serviceDefinition(service), implementation(pod, service, methods, orca));
  const health = new HealthService(pod.condition, [service.typeName]);
  health.addTo(server);
  addReflection(server, [service, Health]);
  const address = { host: settings.host, port: listen.port };
  const port = await bind(server, address, listen.field ?? '--port');
  return {
    address: formatAddress(settings.host, port),
    stop: (graceMs) => stop(server, pod, health, graceMs),
  };
}

/** A9 (server-side connection management): without an age connections live for ever, without a grace calls may finish. */
function serverOptions(settings: GrpcServerSettings): ChannelOptions {
  const { maxConnectionAgeMs, maxConnectionAgeGraceMs, maxConcurrentStreams } = settings;
  return {
    'grpc.max_concurrent_streams': maxConcurrentStreams,
    'grpc.max_receive_message_length': maxReceiveBytes,
    'grpc-node.max_session_memory': maxSessionMemoryMb,
    ...(maxConnectionAgeMs > 0 ? { 'grpc.max_connection_age_ms': maxConnectionAgeMs } : {}),
    ...(maxConnectionAgeGraceMs > 0 ? { 'grpc.max_connection_age_grace_ms': maxConnectionAgeGraceMs } : {}),
  };
}

function bind(server: Server, address: { host: string; port: number }, field: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const target = formatAddress(address.host, address.port);
    quieten();
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(listenError(withSystemCode(error), address, field));
    });
  });
}

/** grpc-js prints a riddle of its own when it cannot bind; what it says reaches the caller as an error anyway. */
function quieten(): void {
  if (process.env.GRPC_VERBOSITY || process.env.GRPC_NODE_VERBOSITY) return;
  setLogVerbosity(logVerbosity.NONE);
}

/** grpc-js wraps the system's error into a sentence; the code is only in the words. */
function withSystemCode(error: Error): Error {
  const code = /\b(EADDRINUSE|EACCES)\b/.exec(error.message)?.[1];
  return code === undefined ? error : Object.assign(error, { code });
}

/** GOAWAY on every connection, then calls in flight finish; what is left after `graceMs` is cut. */
function stop(server: Server, pod: Pod, health: HealthService, graceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    let clean = true;
    const cut = setTimeout(() => {
      clean = false;
      pod.condition.cut();
      server.forceShutdown();
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(cut);
      resolve(clean);
    });
    health.endWatches();
  });
}
