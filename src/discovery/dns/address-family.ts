import { canonicalIp } from '../ip-address.ts';

/** IPv4 or IPv6, of the targets that are called by their address. */
export interface ChosenFamily {
  readonly family: 4 | 6;
  /** It had fewer addresses than the other one in the last answer. */
  readonly behind: boolean;
}

/**
 * The family of an address that its target's name consists of, as CoreDNS calls an endpoint without a hostname:
 * `10-1-0-7.orders.shop.svc.cluster.local`, `fd00--7.orders…`. Undefined for names of another kind.
 */
export function familyInName(target: string, address: string): 4 | 6 | undefined {
  const label = target.split('.', 1)[0]!;
  if (label === address.replaceAll('.', '-')) return 4;
  return address.includes(':') && canonicalIp(label.replaceAll('-', ':')) === address ? 6 : undefined;
}

/**
 * One family for all targets that are called by their address. A pod with both has two such names, and nothing says
 * that they are one pod's; taking both would give it two shares of the calls.
 *
 * The family with more addresses is taken, since a pod may have only one; IPv4 where they are as many. The two families
 * change one after the other (each has EndpointSlices of its own), so the one in force stays until the other has had more
 * twice in a row: all clients would connect to other addresses.
 *
 * @param inNames - of each endpoint, what {@link familyInName} says
 */
export function chooseFamily(
  inNames: readonly (4 | 6 | undefined)[],
  previous: ChosenFamily | undefined,
): ChosenFamily | undefined {
  const [four, six] = ([4, 6] as const).map((family) => inNames.filter((one) => one === family).length) as [
    number,
    number,
  ];
  if (four + six === 0) return previous;
  const most = four === six ? (previous?.family ?? 4) : four > six ? 4 : 6;
  const isLost = previous === undefined || (previous.family === 4 ? four : six) === 0;
  if (isLost || most === previous.family || previous.behind) return { family: most, behind: false };
  return { family: previous.family, behind: true };
}
