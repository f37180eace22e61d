import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import { formatAddress } from '../../base/listen-address.ts';
import { canonicalAddress } from '../../verdict/canonical-address.ts';
import { largestFamily, type Wanted } from '../../verdict/match-backends.ts';
import { type DialAddress, nameOfAddress } from './dial.ts';
import type { ProbeTarget } from './parse-target.ts';

/** The backends that ought to answer, as far as that is known. */
export interface Expected {
  readonly source: 'dns' | 'endpointslices' | 'xds' | 'target' | 'answers';
  /** How many there are; null: unknown, those that answer are all that is known. */
  readonly count: number | null;
  /** Their addresses. */
  readonly backends: readonly ExpectedBackend[];
  /** Whether these are the backends, all of them; false: an address may be a virtual one, or there is none. */
  readonly known: boolean;
  /** Whether two of them, one of each family, may be addresses of one backend. */
  readonly families: boolean;
}

export type ExpectedBackend = Wanted;

/**
 * Backends that DNS names. A single address may be a virtual one with any number of backends behind it, so it says nothing;
 * so do one of IPv4 and one of IPv6, which are one host's (`localhost`). Of more hosts with addresses of both families there
 * are as many as of the family that has more.
 *
 * @throws the resolver's error
 */
export async function expectedOfDns(host: string, port: number, authority: string): Promise<Expected> {
  // DNS may have an address twice, also as an IPv6 one that an IPv4 one is mapped to.
  const addresses = (await resolve(host, authority)).map((address) => canonicalAddress(formatAddress(address, port)));
  const found = new Set(addresses);
  const backends = [...found].map((address) => ({ address }));
  const count = largestFamily(backends);
  return { source: 'dns', count: count > 1 ? count : null, backends, known: count > 1, families: true };
}

/** Not the half a minute that a server which is away takes by default. */
const patience = { timeout: 500, tries: 3, maxTimeout: 1_000 };

async function resolve(host: string, authority: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  if (authority === '') return (await dns.lookup(host, { all: true })).map(({ address }) => address);
  const resolver = new dns.Resolver(patience);
  resolver.setServers([authority]);
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length === 0 && v4.status === 'rejected') throw v4.reason;
  return found;
}

/** Addresses in the target itself, `ipv4:1.2.3.4:80,1.2.3.5:80`. */
function expectedOfList(addresses: readonly DialAddress[]): Expected {
  // `[::1]:80` and `[0::1]:80` are one.
  const named = new Map(addresses.map(nameOfAddress).map((name) => [canonicalAddress(name), name]));
  const backends = [...named.values()].map((address) => ({ address }));
  return { source: 'target', count: backends.length, backends, known: true, families: false };
}

/** What is known without asking anybody but DNS. @throws the resolver's error */
export async function expectedOf(target: ProbeTarget): Promise<Expected> {
  if (target.kind === 'http') {
    const { hostname, port, protocol } = target.url;
    const host = hostname.replace(/^\[|\]$/g, '');
    return expectedOfDns(host, Number(port) || (protocol === 'https:' ? 443 : 80), '');
  }
  if (target.scheme === 'dns') return expectedOfDns(target.host, target.port, target.authority);
  if (target.scheme === 'list') return expectedOfList(target.addresses);
  return { source: 'answers', count: null, backends: [], known: false, families: false };
}
