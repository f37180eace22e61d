import { formatAddress } from '../base/listen-address.ts';
import type { HealthCheckPolicy } from '../model/policy.ts';

/** What is checked, and how. */
export interface HealthTarget {
  /** IP literal. */
  readonly address: string;
  readonly port: number;
  readonly policy: HealthCheckPolicy;
}

/** `unknown` until the first check has ended. */
export type HealthState = 'unknown' | 'healthy' | 'unhealthy';

/** Identity of a target: those that agree in everything are checked once. */
export function targetKey({ address, port, policy }: HealthTarget): string {
  const where = formatAddress(address, port);
  return policy.protocol === 'tcp' ? `tcp://${where}` : `grpc://${where}/${policy.grpcService}`;
}
