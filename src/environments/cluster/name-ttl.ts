import { promises as dns } from 'node:dns';
import { readFile } from 'node:fs/promises';

/** The cluster's domain for Services of a namespace, from a pod's `resolv.conf`: `shop.svc.cluster.local`. */
export function searchDomain(resolvConf: string): string | undefined {
  const search = resolvConf
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .findLast(([word]) => word === 'search');
  return search?.slice(1).find((domain) => domain.includes('.svc.'));
}

/** How long a DNS answer for a Service of this namespace may be kept, as the cluster's DNS says now; undefined: unknown. */
export async function nameTtlMs(service: string): Promise<number | undefined> {
  try {
    const domain = searchDomain(await readFile('/etc/resolv.conf', 'utf8'));
    if (domain === undefined) return undefined;
    const [record] = await dns.resolve4(`${service}.${domain}`, { ttl: true });
    return record === undefined ? undefined : record.ttl * 1000;
  } catch {
    return undefined;
  }
}
