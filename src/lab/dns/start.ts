import { listenError } from '../../base/listen-address.ts';
import { dnsHost } from '../address-range.ts';
import { isShiftable, portShift } from '../ports.ts';
import { DnsServer } from './server.ts';

/** Port 53, or 8053 where this user may not bind that, or a resolver of the machine listens on every address. */
export async function startDns(prefix: string): Promise<{ dns: DnsServer; dnsHost: string; dnsPort: number }> {
  const host = `${prefix}.${dnsHost}`;
  for (let port = 53; ; port += portShift) {
    const dns = new DnsServer();
    try {
      await dns.listen(host, port);
      return { dns, dnsHost: host, dnsPort: port };
    } catch (error) {
      await dns.close();
      if (!isShiftable(error, port)) throw listenError(error, { host, port }, "the lab's DNS server");
    }
  }
}
