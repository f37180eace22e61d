import type { EdsClusterSpec, LoadBalancingPolicySpec } from '@evenkeel/xds';
import type { ServicePolicy } from '../model/policy.ts';
import { outlierDetectionOf } from './outlier-detection.ts';

/** What the policy of a Service makes of a cluster. */
export type ClusterPolicy = Pick<EdsClusterSpec, 'outlierDetection' | 'policies'>;

/** The same in every form of a cluster and for gateways; what is absent is as the form has it. Pure. */
export function clusterPolicyOf(policy: ServicePolicy): ClusterPolicy {
  const policies = policiesOf(policy);
  return { outlierDetection: outlierDetectionOf(policy), ...(policies === undefined ? {} : { policies }) };
}

/**
 * What clients choose endpoints by, where a Service asks for it. At the top, so that weights go over all localities, whichever form a
 * client gets. A client that does not know the first takes the next (gRFC A52, A58).
 */
function policiesOf({ balance }: ServicePolicy): readonly LoadBalancingPolicySpec[] | undefined {
  return balance === 'utilization' ? ['client_side_weighted_round_robin', 'round_robin'] : undefined;
}
