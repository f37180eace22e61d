import {
  type HealthCheckRequest,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from '../gen/health/v1/health_pb.ts';
import { streamingMethod, unaryMethod } from '../grpc/methods.ts';
import type { GrpcRouter } from '../grpc/router.ts';
import { GrpcError, grpcStatus } from '../grpc/status.ts';

/** A request is the name of a service. */
const requestBytes = 4 * 1024;

/**
 * `grpc.health.v1.Health` for the control plane itself: SERVING while the gate is open. It knows the server as a whole
 * (the empty name) and the services that are mounted.
 */
export class HealthService {
  readonly #knows: (service: string) => boolean;
  readonly #watchers = new Set<() => void>();
  #serving: boolean;

  /** @param knows - whether a service of this name is mounted */
  constructor(serving: boolean, knows: (service: string) => boolean) {
    this.#serving = serving;
    this.#knows = knows;
  }

  setServing(serving: boolean): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    for (const notify of this.#watchers) notify();
  }

  addTo(router: GrpcRouter): void {
    router.add(
      '/grpc.health.v1.Health/Check',
      unaryMethod(
        HealthCheckRequestSchema,
        HealthCheckResponseSchema,
        (request) => {
          const status = this.#statusOf(request);
          if (status === Status.SERVICE_UNKNOWN) throw new GrpcError(grpcStatus.notFound, 'unknown service');
          return { status };
        },
        { requestBytes },
      ),
    );
    router.add(
      '/grpc.health.v1.Health/Watch',
      streamingMethod(
        HealthCheckRequestSchema,
        HealthCheckResponseSchema,
        ({ send }) => {
          let notify: (() => void) | undefined;
          return {
            message: (request) => {
              if (notify !== undefined) throw new GrpcError(grpcStatus.invalidArgument, 'a second request in a Watch');
              notify = () => send({ status: this.#statusOf(request) });
              this.#watchers.add(notify);
              notify();
            },
            // The client has asked, and goes on listening.
            halfClosed: () => {},
            closed: () => {
              if (notify !== undefined) this.#watchers.delete(notify);
            },
          };
        },
        { requestBytes },
      ),
    );
  }

  #statusOf({ service }: HealthCheckRequest): Status {
    if (service !== '' && !this.#knows(service)) return Status.SERVICE_UNKNOWN;
    return this.#serving ? Status.SERVING : Status.NOT_SERVING;
  }
}
