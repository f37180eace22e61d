import { isIP } from 'node:net';
import { withoutPassword } from '../../base/command-line.ts';
import { EvenkeelError } from '../../base/errors.ts';
import type { DialAddress } from './dial.ts';
import { listAddresses } from './list-addresses.ts';

/** What is measured, as a person named it. */
export type ProbeTarget =
  | {
      readonly kind: 'grpc';
      readonly text: string;
      readonly scheme: GrpcScheme;
      readonly host: string;
      /** 0: the target names none, and its scheme says which that is; NaN: `portName` does. */
      readonly port: number;
      /** Of `kubernetes:` only: number or name of the Service's port, as it was written. */
      readonly portName?: string;
      /** DNS server that is asked; empty: those of the system. */
      readonly authority: string;
      /** Those of a `list`. */
      readonly addresses: readonly DialAddress[];
    }
  | { readonly kind: 'http'; readonly text: string; readonly url: URL };

/** How a gRPC target's addresses are found. `list`: they are given (`ipv4:a,b`, `ipv6:`, `unix:`,
 * `unix-abstract:`). */
export type GrpcScheme = 'dns' | 'xds' | 'kubernetes' | 'list';

const known =
  'dns:///HOST:PORT, ipv4:IP:PORT,IP:PORT, ipv6:[IP]:PORT, unix:PATH, unix-abstract:NAME, xds:///NAME, kubernetes:///SERVICE.NAMESPACE[:PORT], HOST:PORT, http://… or https://…';

/**
 * Reads a target: a gRPC name with a scheme, `HOST:PORT` (the same as `dns:///HOST:PORT`), or a URL.
 *
 * @throws EvenkeelError `EK_PROBE_TARGET`
 */
export function parseTarget(text: string): ProbeTarget {
  const refuse = (why: string): EvenkeelError =>
    new EvenkeelError('EK_PROBE_TARGET', `"${withoutPassword(text)}" is no target: ${why}`, {
      field: 'TARGET',
      hint: `Write ${known}.`,
    });
  if (/^https?:/i.test(text)) {
    if (!URL.canParse(text)) throw refuse('the URL cannot be read');
    const url = new URL(text);
    // Node takes it for the port that the scheme has by default.
    if (url.port === '0') throw refuse('"0" is no port');
    return { kind: 'http', text: withoutPassword(text), url };
  }
  const addresses = listAddresses(text);
  if (typeof addresses === 'string') throw refuse(addresses);
  const grpc = { kind: 'grpc', text, addresses: addresses ?? [] } as const;
  if (addresses !== undefined) return { ...grpc, scheme: 'list', host: '', port: 0, authority: '' };
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/([^/]*)\/)?(.+)$/s.exec(text.replace(/^dns:(?!\/\/)(?=.+:)/, 'dns:///'));
  if (match === null) throw refuse('it is empty');
  const [, scheme = 'dns', authority = '', rest = ''] = match;
  if (scheme !== 'dns' && scheme !== 'xds' && scheme !== 'kubernetes') throw refuse(`there is no scheme "${scheme}"`);
  if (scheme === 'xds') return { ...grpc, scheme, host: rest, port: 0, authority };
  if (scheme === 'kubernetes') {
    // A Service's port may have a name, or be left out; the API says which number that is.
    const service = /^([^\s:/]+)(?::([a-z0-9-]+))?$/i.exec(rest);
    if (service === null) throw refuse('SERVICE.NAMESPACE[:PORT] is expected');
    const [, host = '', portName] = service;
    if (portName === undefined) return { ...grpc, scheme, host, port: 0, authority };
    const port = /^\d+$/.test(portName) ? Number(portName) : Number.NaN;
    if (port === 0) throw refuse(`"${portName}" is no port`);
    return { ...grpc, scheme, host, port, portName, authority };
  }
  const place = /^(?:\[([^\]]+)\]|([^\s:/]+)):([a-z0-9-]+)$/i.exec(rest);
  if (place === null) throw refuse('HOST:PORT is expected');
  // In a URI the zone of an address stands behind %25 (RFC 6874).
  const host = (place[1]?.replace('%25', '%') ?? place[2])!;
  // Number() also reads 0x50 and 1e3.
  const port = /^\d{1,5}$/.test(place[3]!) ? Number(place[3]) : Number.NaN;
  if (!(port >= 1 && port <= 65_535)) throw refuse(`"${place[3]}" is no port`);
  if (place[1] !== undefined && isIP(host) !== 6) throw refuse(`"${host}" is no IPv6 address`);
  return { ...grpc, scheme, host, port, authority };
}
