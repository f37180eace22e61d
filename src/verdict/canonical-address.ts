import { isIPv6 } from 'node:net';
import { formatAddress, splitAddress } from '../base/listen-address.ts';

/** `HOST:PORT` in one spelling: `[0:0::1]:80` and `[::1]:80` are one address, as `[::ffff:10.0.0.1]:80` and `10.0.0.1:80` are. */
export function canonicalAddress(address: string): string {
  const { host, port } = splitAddress(address);
  if (!Number.isInteger(port) || !isIPv6(host)) return address.toLowerCase();
  const [bare = '', zone] = host.split('%');
  const short = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (mapped === null) return formatAddress(zone === undefined ? short : `${short}%${zone}`, port);
  const [high, low] = [mapped[1]!, mapped[2]!].map((part) => Number.parseInt(part, 16));
  return formatAddress([high! >> 8, high! & 255, low! >> 8, low! & 255].join('.'), port);
}
