import type { Endpoint, Locality } from '../model/endpoint.ts';

/** The endpoints of one place, as an assignment lists them. */
export interface LocalityGroup extends Locality {
  /** Share of calls that goes here: the sum of the endpoints' weights, at least 1. */
  readonly weight: number;
  /** In order of address and port, without duplicates. */
  readonly endpoints: readonly Endpoint[];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareEndpoints(a: Endpoint, b: Endpoint): number {
  return compareText(a.address, b.address) || a.port - b.port;
}

function isNowhere({ region, zone, subZone }: Locality): boolean {
  return region === '' && zone === '' && subZone === '';
}

/**
 * Groups endpoints by place, in an order that depends on the content only, so that every replica that sees the same
 * endpoints publishes the same bytes.
 *
 * Clients pick a locality by weight and then an endpoint in it in turn (`wrr_locality` over `round_robin`, gRFC A52),
 * so each locality weighs as much as its endpoints together: every endpoint then gets the same share, whatever its
 * locality's size. Within one locality that is exact; across localities clients draw by chance, so it holds on average.
 *
 * @param fallback - the place of endpoints that have none of their own
 */
export function groupByLocality(endpoints: readonly Endpoint[], fallback?: Locality): LocalityGroup[] {
  const groups = new Map<string, { locality: Locality; endpoints: Endpoint[] }>();
  const seen = new Set<string>();
  for (const endpoint of endpoints) {
    // Clients reject a whole assignment for one address that occurs twice, in different localities too.
    const address = `${endpoint.address} ${endpoint.port}`;
    if (seen.has(address)) continue;
    seen.add(address);
    const locality = fallback !== undefined && isNowhere(endpoint.locality) ? fallback : endpoint.locality;
    const key = JSON.stringify([locality.region, locality.zone, locality.subZone]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { locality, endpoints: [endpoint] });
    else group.endpoints.push(endpoint);
  }
  return [...groups]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, { locality, endpoints: members }]) => ({
      region: locality.region,
      zone: locality.zone,
      subZone: locality.subZone,
      weight: members.reduce((sum, { weight }) => sum + (weight ?? 1), 0),
      endpoints: members.sort(compareEndpoints),
    }));
}
