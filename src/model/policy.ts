/** What a Service asks for beyond its endpoints; every field mirrors an annotation `evenkeel.dev/<key>`. */
export interface ServicePolicy {
  /** Active health checks by the control plane; absent: discovery's readiness decides alone. */
  readonly healthCheck?: HealthCheckPolicy | undefined;
  /** False: no client gets each endpoint as a locality, where clients report their load. Absent: those that can take it do. */
  readonly podLocalities?: boolean | undefined;
}

export interface HealthCheckPolicy {
  /** `grpc`: grpc.health.v1 Check; `tcp`: a connection that opens. */
  readonly protocol: 'grpc' | 'tcp';
  /** The service name asked for in grpc.health.v1; empty: the server as a whole. */
  readonly grpcService: string;
}

export const defaultPolicy: ServicePolicy = {};
