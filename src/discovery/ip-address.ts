import { BlockList, isIP, SocketAddress } from 'node:net';

/**
 * An IP literal in its one canonical spelling, or undefined where the text is none.
 *
 * Clients compare addresses as text and reject duplicates, so `::1` and `0:0:0:0:0:0:0:1` must not both get through.
 * An address with a zone (`fe80::1%eth0`) means something on one machine only and is none here.
 */
export function canonicalIp(text: string): string | undefined {
  const version = isIP(text);
  if (version === 4) return text;
  if (version !== 6 || text.includes('%')) return undefined;
  return new SocketAddress({ address: text, family: 'ipv6' }).address;
}

/** Orders by address, then port, so that a source that shuffles its answers does not look changed. */
export function compareEndpoints(
  a: { readonly address: string; readonly port: number },
  b: { readonly address: string; readonly port: number },
): number {
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return a.port - b.port;
}

/** Addresses that are no endpoint's, as Kubernetes refuses them too (loopback is allowed: labs and sidecars use it). */
const unusableRanges = new BlockList();
for (const [address, prefix, family] of [
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
] as const) {
  unusableRanges.addSubnet(address, prefix, family);
}

/**
 * Why no client can reach an endpoint at an address; undefined where one can.
 *
 * @param address - as {@link canonicalIp} gives it
 */
export function whyUnusable(address: string): string | undefined {
  // Nearly all are fine at a glance, and a cluster may have a hundred thousand.
  if (/^(?!169\.|2[2-5]\d\.)[1-9a-e]/.test(address)) return undefined;
  if (/^::ffff:[\d.]+$/.test(address)) return 'an IPv4 address written as IPv6';
  if (!unusableRanges.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')) return undefined;
  if (address === '::' || address.startsWith('0.')) return 'unspecified';
  if (address.startsWith('169.254.') || /^fe[89ab]/.test(address)) return 'link-local';
  return /^(?:24[0-9]|25[0-5])\./.test(address) ? 'reserved or broadcast' : 'multicast';
}
