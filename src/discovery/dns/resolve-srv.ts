import { EvenkeelError } from '../../base/errors.ts';
import { canonicalIp, compareEndpoints, whyUnusable } from '../ip-address.ts';
import { type ChosenFamily, chooseFamily, familyInName } from './address-family.ts';
import type { DnsResolver } from './dns-client.ts';
import type { AddressRecord, SrvRecord } from './dns-message.ts';

/** Far more than a client takes in one assignment (4 MiB); an answer with more addresses is not used. */
const maxAddresses = 10_000;
/** So many unusable addresses are named. */
const namedAddresses = 3;

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
  /** The family of targets that are called by their address; for the next resolution. */
  readonly family?: ChosenFamily | undefined;
  /** What was left out of the answer, and what is odd about it, in sentences for people. */
  readonly problems?: readonly string[] | undefined;
}

type Targets = ReadonlyMap<string, readonly AddressRecord[]>;

/**
 * The endpoints behind an SRV name.
 *
 * Only the records of the best priority count: the others are there for when those are down (RFC 2782), which is what
 * health checks find out. A target with IPv4 and IPv6 addresses counts with its IPv4 ones.
 *
 * @param family - what the resolution before chose
 * @throws EvenkeelError `EK_DNS_FAILED`, also where only one of the targets cannot be resolved: half a list would take
 *   endpoints away that are there; and where there are records, none of which leads to an address that can be used
 */
export async function resolveSrv(
  resolver: DnsResolver,
  name: string,
  signal: AbortSignal,
  family?: ChosenFamily,
): Promise<SrvResolution> {
  const answer = await resolver.query({ name, type: 'SRV' }, signal);
  if (answer.kind !== 'records') {
    const { negativeTtlSeconds: ttl } = answer;
    const ttlMs = ttl === undefined ? undefined : ttl * 1_000;
    return { exists: answer.kind === 'nodata', endpoints: [], ttlMs, family };
  }
  const best = Math.min(...answer.srv.map(({ priority }) => priority));
  // The target "." says that there is decidedly no such service (RFC 2782).
  const records = answer.srv.filter(({ priority, target }) => priority === best && target !== '');
  const targets = await addressesOfAll(resolver, records, answer.along, signal);
  const ttls = [...answer.srv, ...[...targets.values()].flat()].map(({ ttlSeconds }) => ttlSeconds);
  const { endpoints, unusable } = endpointsOf(records, targets);
  if (records.length > 0 && endpoints.length === 0) {
    const why = unusable.length > 0 ? listOf(unusable) : 'none of its targets has an address';
    throw new EvenkeelError('EK_DNS_FAILED', `no usable answer for SRV ${name} (${why})`);
  }
  const chosen = chooseFamily(
    endpoints.map(({ inName }) => inName),
    family,
  );
  return {
    exists: true,
    endpoints: endpoints
      .filter(({ inName }) => inName === undefined || chosen === undefined || inName === chosen.family)
      .map(({ inName: _, ...endpoint }) => endpoint),
    ttlMs: Math.min(...ttls) * 1_000,
    family: chosen,
    problems: problemsOf(name, records, unusable),
  };
}

function problemsOf(name: string, records: readonly SrvRecord[], unusable: readonly string[]): string[] | undefined {
  const problems: string[] = [];
  // Behind `_grpc._tcp.` is the name of the Service: a Service with a ClusterIP has itself as its only target.
  const own = name.split('.').slice(2).join('.').toLowerCase();
  if (records.some(({ target }) => target === own)) {
    problems.push(
      "DNS answers with the Service's own address (its ClusterIP), so a client has one connection, to one pod: make the Service headless (clusterIP: None), or discover it from Kubernetes",
    );
  }
  if (unusable.length > 0) problems.push(`left out of the answer of DNS: ${listOf(unusable)}`);
  return problems.length > 0 ? problems : undefined;
}

function listOf(reasons: readonly string[]): string {
  const rest = reasons.length - namedAddresses;
  return `${reasons.slice(0, namedAddresses).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

interface NamedEndpoint extends SrvEndpoint {
  readonly inName: 4 | 6 | undefined;
}

function endpointsOf(
  records: readonly SrvRecord[],
  targets: Targets,
): { readonly endpoints: readonly NamedEndpoint[]; readonly unusable: string[] } {
  const weighed = new Set(records.map(({ weight }) => weight)).size > 1;
  const endpoints = new Map<string, NamedEndpoint>();
  const unusable = new Set<string>();
  for (const { target, port, weight } of records) {
    if (port === 0) unusable.add(`port 0 of ${target}`);
    for (const { address: text } of port === 0 ? [] : (targets.get(target) ?? [])) {
      const address = canonicalIp(text);
      const reason = address === undefined ? 'no address' : whyUnusable(address);
      if (address === undefined || reason !== undefined) {
        unusable.add(`${text} (${reason})`);
        continue;
      }
      const key = `${address} ${port}`;
      // Weight 0 means "hardly ever" (RFC 2782), and the least that the model knows is 1. Of several records of one
      // endpoint the heaviest counts, in whichever order they come.
      const heaviest = Math.max(1, weight, endpoints.get(key)?.weight ?? 1);
      const inName = familyInName(target, address);
      endpoints.set(key, { address, port, weight: weighed ? heaviest : undefined, inName });
    }
  }
  return { endpoints: [...endpoints.values()].sort(compareEndpoints), unusable: [...unusable].sort() };
}

async function addressesOfAll(
  resolver: DnsResolver,
  records: readonly SrvRecord[],
  along: Targets,
  signal: AbortSignal,
): Promise<Targets> {
  let total = 0;
  const names = [...new Set(records.map(({ target }) => target))];
  const found = names.map(async (target): Promise<[string, readonly AddressRecord[]]> => {
    const addresses = isAllOf(target, along.get(target)) ?? (await addressesOf(resolver, target, signal));
    total += addresses.length;
    if (total > maxAddresses) {
      throw new EvenkeelError('EK_DNS_FAILED', `no usable answer for ${target} (more than ${maxAddresses} addresses)`);
    }
    return [target, addresses];
  });
  return new Map(await Promise.all(found));
}

/**
 * Addresses that came along unasked, where they are all that the target has: what does not fit into a message is left
 * out of that section without a word (RFC 2181, section 9), so an IPv6 address does not say that there is no IPv4 one.
 */
function isAllOf(target: string, records: readonly AddressRecord[] = []): readonly AddressRecord[] | undefined {
  const [first] = records;
  if (first === undefined) return undefined;
  const address = canonicalIp(first.address);
  const isFour = !first.address.includes(':');
  return isFour || (address !== undefined && familyInName(target, address) === 6) ? records : undefined;
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
