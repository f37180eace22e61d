import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import { formatAddress } from '../../base/listen-address.ts';
import { type DialAddress, nameOfAddress } from './dial.ts';
import type { ProbeTarget } from './parse-target.ts';

/** The backends that ought to answer, as far as that is known. */
export interface Expected {
  readonly source: 'flag' | 'dns' | 'endpointslices' | 'xds' | 'target' | 'answers';
  /** Null: nobody said; those that answer are all that is known. */
  readonly count: number | null;
  /** With their addresses, `HOST:PORT`, where these are known. */
  readonly backends: readonly ExpectedBackend[];
}

export interface ExpectedBackend {
  readonly address: string;
  /** Pod name, where it is known. */
  readonly name?: string | undefined;
}

/**
 * Backends that DNS names. A single address may be a virtual one with any number of backends behind it, so it says nothing.
 *
 * @throws the resolver's error
 */
export async function expectedOfDns(host: string, port: number, authority: string): Promise<Expected> {
  const addresses = (await resolve(host, authority)).map((address) => ({ address: formatAddress(address, port) }));
  return { source: 'dns', count: addresses.length > 1 ? addresses.length : null, backends: addresses };
}

async function resolve(host: string, authority: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  if (authority === '') return (await dns.lookup(host, { all: true })).map(({ address }) => address);
  const resolver = new dns.Resolver();
  resolver.setServers([authority]);
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length === 0 && v4.status === 'rejected') throw v4.reason;
  return found;
}

/** Addresses in the target itself, `ipv4:1.2.3.4:80,1.2.3.5:80`. */
export function expectedOfList(addresses: readonly DialAddress[]): Expected {
  const backends = addresses.map((address) => ({ address: nameOfAddress(address) }));
  return { source: 'target', count: backends.length, backends };
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
  return { source: 'answers', count: null, backends: [] };
}
