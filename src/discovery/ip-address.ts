import { isIP, SocketAddress } from 'node:net';

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
