import type { LbEndpoint, LocalityLbEndpoints } from '../../gen/envoy/config/endpoint/v3/endpoint_components_pb.ts';
import type { ClusterLoadAssignment } from '../../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { type Report, reportFor } from './problem.ts';
import { checkSocketAddress } from './socket-address.ts';

const maxUint32 = 4_294_967_295;

/**
 * Checks a ClusterLoadAssignment against the strictest union of what clients take.
 *
 * @throws EvenkeelError `EK_XDS_RESOURCE`
 */
export function checkAssignment(assignment: ClusterLoadAssignment): void {
  const report = reportFor('ClusterLoadAssignment', assignment.clusterName);
  if (assignment.clusterName === '') throw report('cluster_name', 'is empty');
  const localities = new Set<string>();
  const addresses = new Set<string>();
  const weights = new Map<number, number>();
  assignment.endpoints.forEach((entry, index) => {
    const field = `endpoints[${index}]`;
    const weight = checkLocality(report, field, entry, localities);
    weights.set(entry.priority, (weights.get(entry.priority) ?? 0) + weight);
    checkEndpoints(report, `${field}.lb_endpoints`, entry.lbEndpoints, addresses);
  });
  for (let priority = 0; priority < weights.size; priority++) {
    const weight = weights.get(priority);
    if (weight === undefined) throw report('endpoints', `leave out priority ${priority}; priorities must have no gaps`);
    if (weight > maxUint32) throw report('endpoints', `of priority ${priority} weigh more than ${maxUint32} together`);
  }
}

/** Returns the weight. */
function checkLocality(report: Report, field: string, entry: LocalityLbEndpoints, seen: Set<string>): number {
  const { locality, loadBalancingWeight, priority } = entry;
  if (locality === undefined) throw report(`${field}.locality`, 'is missing; an empty one is enough');
  checkWeight(report, `${field}.load_balancing_weight`, loadBalancingWeight);
  if (loadBalancingWeight === undefined) {
    throw report(`${field}.load_balancing_weight`, 'is missing; clients skip such a locality without a word');
  }
  const key = JSON.stringify([priority, locality.region, locality.zone, locality.subZone]);
  if (seen.has(key)) throw report(`${field}.locality`, `occurs twice in priority ${priority}`);
  seen.add(key);
  return loadBalancingWeight;
}

function checkEndpoints(report: Report, field: string, endpoints: readonly LbEndpoint[], seen: Set<string>): void {
  let total = 0;
  endpoints.forEach(({ hostIdentifier, loadBalancingWeight }, index) => {
    const at = `${field}[${index}]`;
    checkWeight(report, `${at}.load_balancing_weight`, loadBalancingWeight);
    total += loadBalancingWeight ?? 1;
    const where = hostIdentifier.case === 'endpoint' ? hostIdentifier.value.address?.address : undefined;
    if (where?.case !== 'socketAddress' || where.value.portSpecifier.case !== 'portValue') {
      throw report(`${at}.endpoint.address`, 'is not a socket address with a port number');
    }
    const { address, portSpecifier } = where.value;
    checkSocketAddress(report, `${at}.endpoint.address.socket_address`, { address, port: portSpecifier.value });
    const key = `${address} ${portSpecifier.value}`;
    if (seen.has(key)) throw report(`${at}.endpoint.address`, `${key.replace(' ', ' port ')} occurs twice`);
    seen.add(key);
  });
  if (total > maxUint32) throw report(field, `weigh more than ${maxUint32} together`);
}

function checkWeight(report: Report, field: string, weight: number | undefined): void {
  if (weight === undefined || (Number.isInteger(weight) && weight >= 1 && weight <= maxUint32)) return;
  throw report(field, `is ${weight}; a weight is a whole number from 1 to ${maxUint32}`);
}
