import { formatAddress, splitAddress } from '../../base/listen-address.ts';
import type { ProbeTarget } from './parse-target.ts';

type GrpcTarget = Extract<ProbeTarget, { kind: 'grpc' }>;

/** The two names that a server is called by. */
export interface TargetNames {
  /** `:authority` of requests (RFC 9113, 8.3.1). */
  readonly authority: string;
  /** What the server's certificate must have: a name or an IP address. */
  readonly serverName: string;
}

/**
 * As gRPC clients do: the target as it was given, of a list of addresses the first, `localhost` for Unix sockets. A zone of an
 * IPv6 address means something on this machine alone and is left out (RFC 6874, 1).
 *
 * @param authority - of the flag; it is expected in the certificate as well, as with grpcurl
 * @param serverName - of the flag; expected in the certificate, and the authority where that is not said
 */
export function namesOf(target: GrpcTarget, authority?: string, serverName?: string): TargetNames {
  const own = ownName(target);
  const given = authority ?? serverName;
  return {
    authority: given ?? own,
    serverName: serverName ?? hostOf(authority ?? own),
  };
}

function ownName(target: GrpcTarget): string {
  switch (target.scheme) {
    case 'dns':
      return formatAddress(target.host.replace(/%.*$/, ''), target.port);
    case 'xds':
    case 'kubernetes':
      return target.host;
    case 'list': {
      const [first] = target.addresses;
      return first === undefined || 'path' in first
        ? 'localhost'
        : formatAddress(first.host.replace(/%.*$/, ''), first.port);
    }
  }
}

/** Without port and brackets. */
function hostOf(authority: string): string {
  return /:\d+$/.test(authority) && (authority.startsWith('[') || authority.split(':').length === 2)
    ? splitAddress(authority).host
    : authority.replace(/^\[|\]$/g, '');
}
