import type { AssignmentFacts, EndpointFacts, LocalityFacts } from './assignment-facts.ts';
import { type Report, reportFor } from './problem.ts';
import { checkSocketAddress } from './socket-address.ts';

const maxUint32 = 4_294_967_295;

/**
 * Checks a ClusterLoadAssignment against the strictest union of what clients take.
 *
 * @throws ResourceError
 */
export function checkAssignment({ clusterName, localities }: AssignmentFacts): void {
  const report = reportFor('ClusterLoadAssignment', clusterName);
  if (clusterName === '') throw report('cluster_name', 'is empty');
  const seen = new Set<string>();
  const addresses = new Set<string>();
  const weights = new Map<number, number>();
  localities.forEach((locality, index) => {
    const field = `endpoints[${index}]`;
    const weight = checkLocality(report, field, locality, seen);
    weights.set(locality.priority, (weights.get(locality.priority) ?? 0) + weight);
    checkEndpoints(report, `${field}.lb_endpoints`, locality.endpoints, addresses);
  });
  for (let priority = 0; priority < weights.size; priority++) {
    const weight = weights.get(priority);
    if (weight === undefined) throw report('endpoints', `leave out priority ${priority}; priorities must have no gaps`);
    if (weight > maxUint32) throw report('endpoints', `of priority ${priority} weigh more than ${maxUint32} together`);
  }
}

/** Returns the weight. */
function checkLocality(report: Report, field: string, locality: LocalityFacts, seen: Set<string>): number {
  const { region, zone, subZone, weight, priority } = locality;
  if (weight === undefined) {
    throw report(`${field}.load_balancing_weight`, 'is missing; clients skip such a locality without a word');
  }
  if (!isWeight(weight)) throw report(`${field}.load_balancing_weight`, notAWeight(weight));
  // One text for each; there may be as many localities as endpoints.
  const key = `${priority} ${region.length} ${zone.length} ${region}${zone}${subZone}`;
  if (seen.has(key)) throw report(`${field}.locality`, `occurs twice in priority ${priority}`);
  seen.add(key);
  return weight;
}

function checkEndpoints(report: Report, field: string, endpoints: readonly EndpointFacts[], seen: Set<string>): void {
  let total = 0;
  endpoints.forEach((endpoint, index) => {
    const { address, port, weight } = endpoint;
    // Put together only where something is wrong: there may be thousands of endpoints, and each change checks all.
    const reportHere = (name: string, why: string) => report(`${field}[${index}].${name}`, why);
    if (weight !== undefined && !isWeight(weight)) throw reportHere('load_balancing_weight', notAWeight(weight));
    total += weight ?? 1;
    checkSocketAddress(reportHere, 'endpoint.address.socket_address', endpoint);
    const key = `${address} ${port}`;
    if (seen.has(key)) throw reportHere('endpoint.address', `${address} port ${port} occurs twice`);
    seen.add(key);
  });
  if (total > maxUint32) throw report(field, `weigh more than ${maxUint32} together`);
}

function isWeight(weight: number): boolean {
  return Number.isInteger(weight) && weight >= 1 && weight <= maxUint32;
}

function notAWeight(weight: number): string {
  return `is ${weight}; a weight is a whole number from 1 to ${maxUint32}`;
}
