import type { LoadBalancingPolicySpec } from '@evenkeel/xds';
import type { ServicePolicy } from '../model/policy.ts';

/**
 * What clients choose endpoints by, where a Service asks for it; undefined: as their form has it. At the top, so that weights go over all
 * localities, whichever form a client gets. A client that does not know the first takes the next (gRFC A52, A58). Pure.
 */
export function policiesOf({ balance }: ServicePolicy): readonly LoadBalancingPolicySpec[] | undefined {
  return balance === 'utilization' ? ['client_side_weighted_round_robin', 'round_robin'] : undefined;
}
