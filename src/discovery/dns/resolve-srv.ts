import { canonicalIp, compareEndpoints } from '../ip-address.ts';
import type { DnsResolver } from './dns-client.ts';
import type { AddressRecord, SrvRecord } from './dns-message.ts';

export interface SrvEndpoint {
  /** IP literal. */
  readonly address: string;
  readonly port: number;
  /** Undefined where all records weigh the same. */
  readonly weight?: number | undefined;
}

/** A definitive answer; what is not definitive is thrown. */
export interface SrvResolution {
  /** False: there is no such name (NXDOMAIN). True with no endpoints: nobody is there now. */
  readonly exists: boolean;
  /** By address and port, each once. */
  readonly endpoints: readonly SrvEndpoint[];
  /** The lowest TTL of all that went into it, in milliseconds; undefined where the server gave none. */
  readonly ttlMs: number | undefined;
}

/**
 * The endpoints behind an SRV name.
 *
 * Only the records of the best priority count: the others are there for when those are down (RFC 2782), which is what
 * health checks find out. A target with IPv4 and IPv6 addresses counts with its IPv4 ones.
 *
 * @throws EvenkeelError `EK_DNS_FAILED`, also where only one of the targets cannot be resolved: half a list would take
 *   endpoints away that are there
 */
export async function resolveSrv(resolver: DnsResolver, name: string, signal: AbortSignal): Promise<SrvResolution> {
  const answer = await resolver.query({ name, type: 'SRV' }, signal);
  if (answer.kind !== 'records') {
    const { negativeTtlSeconds: ttl } = answer;
    return { exists: answer.kind === 'nodata', endpoints: [], ttlMs: ttl === undefined ? undefined : ttl * 1_000 };
  }
  const best = Math.min(...answer.srv.map(({ priority }) => priority));
  const records = answer.srv.filter(({ priority, target }) => priority === best && target !== '');
  const targets = new Map(
    await Promise.all(
      [...new Set(records.map(({ target }) => target))].map(
        async (target): Promise<[string, readonly AddressRecord[]]> => [
          target,
          answer.along.get(target) ?? (await addressesOf(resolver, target, signal)),
        ],
      ),
    ),
  );
  const ttls = [...answer.srv, ...[...targets.values()].flat()].map(({ ttlSeconds }) => ttlSeconds);
  return { exists: true, endpoints: endpointsOf(records, targets), ttlMs: Math.min(...ttls) * 1_000 };
}

function endpointsOf(
  records: readonly SrvRecord[],
  targets: ReadonlyMap<string, readonly AddressRecord[]>,
): SrvEndpoint[] {
  const weighed = new Set(records.map(({ weight }) => weight)).size > 1;
  const endpoints = new Map<string, SrvEndpoint>();
  for (const { target, port, weight } of records) {
    for (const { address } of targets.get(target) ?? []) {
      const literal = canonicalIp(address);
      // A record with port 0 says nothing that a client could use.
      if (literal === undefined || port === 0) continue;
      // Weight 0 means "hardly ever" (RFC 2782), and the least that the model knows is 1.
      endpoints.set(`${literal} ${port}`, {
        address: literal,
        port,
        weight: weighed ? Math.max(1, weight) : undefined,
      });
    }
  }
  return [...endpoints.values()].sort(compareEndpoints);
}

async function addressesOf(
  resolver: DnsResolver,
  name: string,
  signal: AbortSignal,
): Promise<readonly AddressRecord[]> {
  const answer = await resolver.query({ name, type: 'A' }, signal);
  if (answer.kind === 'records') return answer.addresses;
  // A target that does not exist is a pod that went away between the two questions.
  if (answer.kind === 'nxdomain') return [];
  return (await resolver.query({ name, type: 'AAAA' }, signal)).addresses;
}
