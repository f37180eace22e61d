import type { HealthChecker } from '../health/health-checker.ts';
import type { HealthState, HealthTarget } from '../health/target.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { type Service, type ServiceId, serviceKey } from '../model/service.ts';

/** Health checks in terms of Services: the checker itself knows targets only, in one group a Service. */
export class ServiceHealth {
  readonly #checker: Pick<HealthChecker, 'setTargets' | 'stateOf' | 'isSettled'>;

  constructor(checker: Pick<HealthChecker, 'setTargets' | 'stateOf' | 'isSettled'>) {
    this.#checker = checker;
  }

  /** Checks the endpoints of this Service from now on, if its policy says so. */
  watch(service: Service): void {
    this.#checker.setTargets(serviceKey(service), targetsOf(service));
  }

  forget(service: ServiceId): void {
    this.#checker.setTargets(serviceKey(service), []);
  }

  /** Whether enough is known to publish the Service for the first time. */
  isSettled(key: string): boolean {
    return this.#checker.isSettled(key);
  }

  /** Undefined where the endpoint is not checked. */
  stateOf(service: Service, endpoint: Endpoint): HealthState | undefined {
    const target = targetOf(service, endpoint);
    return target === undefined ? undefined : this.#checker.stateOf(target);
  }
}

/** An endpoint that is not ready is not published for what a check says: none is spent on it. */
function targetOf({ policy }: Service, { address, port, conditions }: Endpoint): HealthTarget | undefined {
  if (policy.healthCheck === undefined || !conditions.ready) return undefined;
  return { address, port, policy: policy.healthCheck };
}

function targetsOf(service: Service): HealthTarget[] {
  return service.ports.flatMap(({ endpoints }) => endpoints.flatMap((endpoint) => targetOf(service, endpoint) ?? []));
}
