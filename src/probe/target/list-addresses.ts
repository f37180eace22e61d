import { isIPv4, isIPv6 } from 'node:net';
import { splitAddress } from '../../base/listen-address.ts';
import type { DialAddress } from './dial.ts';

/** gRPC, doc/naming.md: where an address says no port. */
const defaultPort = 443;

/**
 * The addresses that a target of gRPC lists: `ipv4:1.2.3.4:80,1.2.3.5:80`, `ipv6:[::1]:80`, `unix:path`, `unix:///path`,
 * `unix-abstract:name`.
 *
 * @returns why it is no such target, where it is none; undefined: it is of another scheme
 */
export function listAddresses(text: string): readonly DialAddress[] | string | undefined {
  const [, scheme, rest = ''] = /^(ipv4|ipv6|unix|unix-abstract):(.*)$/s.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  if (scheme === 'unix') {
    const path = rest.startsWith('//') ? rest.slice(2) : rest;
    if (rest.startsWith('//') && !path.startsWith('/')) return 'after unix:// an absolute path is expected';
    return path === '' ? 'a path is expected' : [{ path }];
  }
  if (scheme === 'unix-abstract') return rest === '' ? 'a name is expected' : [{ path: `\0${rest}` }];
  const addresses: DialAddress[] = [];
  for (const written of rest.split(',')) {
    // In a URI the zone of an address stands behind %25 (RFC 6874).
    const one = written.replace('%25', '%');
    const isBare = scheme === 'ipv4' ? isIPv4(one) : isIPv6(one);
    const { host, port } = isBare ? { host: one, port: defaultPort } : splitAddress(one);
    const isAddress = scheme === 'ipv4' ? isIPv4(host) : isIPv6(host) && (isBare || one.startsWith('['));
    if (!isAddress || !/^\d{1,5}$/.test(String(port)) || port < 1 || port > 65_535) {
      return `"${written}" is no ${scheme === 'ipv4' ? 'IPV4:PORT' : '[IPV6]:PORT'}`;
    }
    addresses.push({ host, port });
  }
  return addresses;
}
