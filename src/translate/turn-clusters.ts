import { buildEdsCluster, type EncodedResource } from '@evenkeel/xds';
import type { Service } from '../model/service.ts';
import { clusterPolicyOf } from './cluster-policy.ts';
import { canonicalName, distinctPorts } from './targets.ts';

/**
 * Clusters of a Service for clients that are to take its endpoints in turn though others weigh them; none where nobody does. `RoundRobin`
 * at the top is right in every form: whether endpoints are in one locality or each in its own. Pure.
 *
 * @param reportLoad - whether they ask for load reports
 * @param previous - those of an earlier state of the Service; what did not change since is taken from there
 * @throws EvenkeelError `EK_XDS_RESOURCE` for a value that clients would reject
 */
export function turnClusters(
  { namespace, name, ports, policy }: Service,
  reportLoad: boolean,
  previous: readonly EncodedResource[] = [],
): EncodedResource[] {
  if (policy.balance !== 'utilization') return [];
  const inTurn = { ...clusterPolicyOf(policy), policies: ['round_robin'] as const, reportLoad };
  return distinctPorts(ports).distinct.map(({ port }) => {
    const cluster = buildEdsCluster({ ...inTurn, name: canonicalName({ namespace, name }, port) });
    return previous.find((one) => one.name === cluster.name && one.version === cluster.version) ?? cluster;
  });
}
