import { Resolver } from 'node:dns';
import { isIP } from 'node:net';
import { EvenkeelError } from '../../base/errors.ts';

export interface DnsServer {
  /** IP literal: a name would need a DNS server to be found. */
  readonly host: string;
  readonly port: number;
}

/**
 * Parses `IP`, `IP:PORT` or `[IPV6]:PORT`; the port is 53 by default.
 *
 * @throws EvenkeelError `EK_CONFIG_INVALID`
 */
export function parseDnsServer(text: string): DnsServer {
  if (isIP(text) !== 0) return { host: text, port: 53 };
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  if (isIP(host) === 0 || !(port >= 1 && port <= 65_535)) {
    throw new EvenkeelError('EK_CONFIG_INVALID', `"${text}" is not IP or IP:PORT, as in 10.96.0.10 or [fd00::a]:1053`);
  }
  return { host, port };
}

/** The system's DNS servers, as resolv.conf(5) has them now; where it names none, the local one. */
export function systemServers(): DnsServer[] {
  return new Resolver().getServers().map(parseDnsServer);
}
