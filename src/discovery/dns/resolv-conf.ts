import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { type DnsServer, parseDnsServer } from './dns-server.ts';

/** The servers of a resolv.conf(5); where it names none, the local one, as the manual page has it. */
export function serversOf(text: string): DnsServer[] {
  const servers = [...text.matchAll(/^nameserver[ \t]+(\S+)/gm)]
    .map(([, address]) => address!)
    .filter((address) => isIP(address) !== 0)
    .map(parseDnsServer);
  return servers.length > 0 ? servers : [{ host: '127.0.0.1', port: 53 }];
}

/** The system's DNS servers. */
export async function systemServers(path = '/etc/resolv.conf'): Promise<DnsServer[]> {
  return serversOf(await readFile(path, 'utf8').catch(() => ''));
}
