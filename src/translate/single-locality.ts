import { compareText } from '../base/compare-text.ts';
import { type Endpoint, type Locality, nowhere } from '../model/endpoint.ts';

/** All endpoints of an assignment, in the one locality that it has. */
export interface LocalityGroup extends Locality {
  /** Clients skip a locality without a weight (Go, Java, C-core and Node alike). */
  readonly weight: number;
  /** In order of address and port, without duplicates. */
  readonly endpoints: readonly Endpoint[];
}

function compareEndpoints(a: Endpoint, b: Endpoint): number {
  return compareText(a.address, b.address) || a.port - b.port;
}

/**
 * Puts all endpoints into one locality, in an order that depends on the content only, so that every replica that sees
 * the same endpoints publishes the same bytes.
 *
 * One locality because clients draw between localities by chance (`wrr_locality`, gRFC A52) and take endpoints in turn
 * only within one: a locality for each zone would make 91 to 105 calls out of what is exactly 100 each. The locality is the
 * Service's own and not that of its endpoints: a client that sees a locality renamed connects to every endpoint anew.
 *
 * @param locality - of the Service; default: all fields empty, which every client takes
 */
export function singleLocality(endpoints: readonly Endpoint[], locality: Locality = nowhere): LocalityGroup[] {
  const distinct = distinctEndpoints(endpoints);
  return distinct.length === 0 ? [] : [{ ...locality, weight: 1, endpoints: distinct }];
}

/** In order of address and port; clients reject a whole assignment for one address that occurs twice. */
export function distinctEndpoints(endpoints: readonly Endpoint[]): Endpoint[] {
  const distinct = new Map(endpoints.map((endpoint) => [`${endpoint.address} ${endpoint.port}`, endpoint]));
  return [...distinct.values()].sort(compareEndpoints);
}
