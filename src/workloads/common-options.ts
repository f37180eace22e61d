import { hostname } from 'node:os';
import { grpcStatusNames } from '../base/grpc-status.ts';
import { choice, integer, port, type Settings, share, text } from './options.ts';

/** Loopback unless the pod has an address of its own: a demo program never listens on every interface by itself. */
const host = text({
  description: 'address to listen on',
  placeholder: 'address',
  shown: 'POD_IP, else 127.0.0.1',
  fallback: (env) => env.POD_IP || '127.0.0.1',
});

const podName = text({
  description: "the pod's name in every answer",
  placeholder: 'name',
  shown: "the machine's name",
  env: 'POD_NAME',
  fallback: () => hostname(),
});

/** Options of every workload that listens. */
export const serverOptions = {
  host,
  podName,
  adminPort: port({ description: 'port of /calls /healthz /readyz /metrics; 0 = any', fallback: 9090 }),
  drainMs: integer({
    description: 'how long to go on answering, not ready any more, after SIGTERM',
    placeholder: 'ms',
    fallback: 3000,
  }),
  graceMs: integer({
    description: 'how long calls in flight may take to finish after that',
    placeholder: 'ms',
    fallback: 20_000,
  }),
  latencyMs: integer({ description: 'wait so long before each answer', placeholder: 'ms', fallback: 0 }),
  latencySpread: choice(['none', 'exponential'], {
    description: 'exponential: that is the mean, and few answers take many times as long',
    placeholder: 'spread',
    fallback: 'none',
  }),
  coldMs: integer({
    description: 'what the first call costs beside it, one call at a time',
    placeholder: 'ms',
    fallback: 0,
  }),
  warmUpMs: integer({ description: 'how long until that is nothing', placeholder: 'ms', fallback: 0 }),
  errorRate: share({ description: 'share of calls that fail on purpose', fallback: 0 }),
  errorStatus: choice(grpcStatusNames, {
    description: 'gRPC status of those; over HTTP the status that corresponds',
    placeholder: 'status',
    fallback: 'UNAVAILABLE',
  }),
  seed: integer({ description: 'seed of what is left to chance', fallback: 1 }),
};

/** Further options of every workload that serves gRPC. */
export const grpcServerOptions = {
  maxConnectionAgeMs: integer({
    description: 'close a connection after this age (±10 %); 0 = never',
    placeholder: 'ms',
    fallback: 0,
  }),
  maxConnectionAgeGraceMs: integer({
    description: 'how long calls on an aged connection may still take; 0 = as long as they need',
    placeholder: 'ms',
    fallback: 0,
  }),
  orcaCapacity: integer({
    description: 'report load with each answer (ORCA): calls under way over this capacity; 0 = no report',
    placeholder: 'calls',
    fallback: 0,
  }),
  maxConcurrentStreams: integer({ description: 'calls at a time on one connection', fallback: 1000 }, { min: 1 }),
};

export const appVersion = (fallback: string) =>
  text({ description: 'version in the answer', placeholder: 'version', fallback });

export const deadlineMs = integer(
  { description: 'how long a call to an upstream may take', placeholder: 'ms', fallback: 2000 },
  { min: 1 },
);

export const lbPolicy = (fallback: 'round_robin' | 'pick_first') =>
  choice(['round_robin', 'pick_first'], { description: 'gRPC load balancing policy', placeholder: 'policy', fallback });

export const dnsMinIntervalMs = integer({
  description: 'least time between two DNS look-ups of a gRPC channel',
  placeholder: 'ms',
  fallback: 30_000,
});

export type ServerSettings = Settings<typeof serverOptions>;
export type GrpcServerSettings = ServerSettings & Settings<typeof grpcServerOptions>;
