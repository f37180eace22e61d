import { create, type MessageShape } from '@bufbuild/protobuf';
import {
  Health,
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@evenkeel/xds/gen/health/v1/health_pb';
import {
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { Condition } from '../pod/condition.ts';
import { serviceDefinition } from './definition.ts';

type Watcher = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/**
 * `grpc.health.v1.Health` over a pod's condition: readiness under `""` and each service's full name, liveness under
 * `liveness`, so that Kubernetes can probe both over gRPC.
 *
 * Of our own and not `grpc-health-check`, because the watches must end before a server can: there they stay open until
 * the client goes, and a graceful shutdown waits for them.
 */
export class HealthService {
  readonly #condition: Condition;
  readonly #names: readonly string[];
  readonly #watchers = new Map<Watcher, { readonly name: string; last: ServingStatus }>();

  constructor(condition: Condition, serviceNames: readonly string[]) {
    this.#condition = condition;
    this.#names = ['', ...serviceNames, 'liveness'];
    condition.observe(() => {
      for (const watcher of this.#watchers.keys()) this.#tell(watcher);
    });
  }

  addTo(server: Server): void {
    server.addService(serviceDefinition(Health), {
      check: (
        { request }: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>,
        answer: sendUnaryData<HealthCheckResponse>,
      ) => {
        const current = this.#statusOf(request.service);
        if (current === ServingStatus.SERVICE_UNKNOWN) {
          // health.proto, Check: an unknown service is the status NOT_FOUND.
          answer({ code: status.NOT_FOUND, details: `no service "${request.service}" here` });
        } else answer(null, create(HealthCheckResponseSchema, { status: current }));
      },
      list: (_call: unknown, answer: sendUnaryData<MessageShape<typeof HealthListResponseSchema>>) => {
        const statuses = this.#names.map((name) => [name, { status: this.#statusOf(name) }]);
        answer(null, create(HealthListResponseSchema, { statuses: Object.fromEntries(statuses) }));
      },
      watch: (call: Watcher) => {
        this.#watchers.set(call, { name: call.request.service, last: ServingStatus.UNKNOWN });
        call.on('cancelled', () => this.#watchers.delete(call));
        call.on('error', () => this.#watchers.delete(call));
        this.#tell(call);
      },
    });
  }

  /** Ends every watch; a client that is still there takes it as a lost connection and asks again elsewhere. */
  endWatches(): void {
    for (const watcher of this.#watchers.keys()) {
      watcher.emit('error', { code: status.UNAVAILABLE, details: 'the server is shutting down' });
    }
    this.#watchers.clear();
  }

  /** health.proto, Watch: the current status at once (SERVICE_UNKNOWN for a stranger), then each change. */
  #tell(call: Watcher): void {
    const watcher = this.#watchers.get(call)!;
    const current = this.#statusOf(watcher.name);
    if (current === watcher.last) return;
    watcher.last = current;
    call.write(create(HealthCheckResponseSchema, { status: current }));
  }

  #statusOf(name: string): ServingStatus {
    if (!this.#names.includes(name)) return ServingStatus.SERVICE_UNKNOWN;
    const serving = name === 'liveness' ? this.#condition.alive : this.#condition.ready;
    return serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }
}
