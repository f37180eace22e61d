import { type Answer, type DecodedPacket, decode, encode, RECURSION_DESIRED } from 'dns-packet';
import { isWhole } from './message-shape.ts';

export type QuestionType = 'SRV' | 'A' | 'AAAA';

export interface Question {
  /** Without a dot at the end. */
  readonly name: string;
  readonly type: QuestionType;
}

/** A record without its owner's name, which the question implies. */
export type AddressRecord = { readonly ttlSeconds: number; readonly address: string };
export type SrvRecord = {
  readonly ttlSeconds: number;
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** Lower case, without a dot at the end; empty where the record says "not here" (RFC 2782). */
  readonly target: string;
};

/** What a server said, apart from failures. */
export interface DnsAnswer {
  /** `nodata`: the name exists without such records. `nxdomain`: the name does not exist. */
  readonly kind: 'records' | 'nodata' | 'nxdomain';
  readonly srv: readonly SrvRecord[];
  readonly addresses: readonly AddressRecord[];
  /** Addresses that came along unasked (the additional section), by name, IPv4 where there is any. */
  readonly along: ReadonlyMap<string, readonly AddressRecord[]>;
  /** How long a negative answer holds (RFC 2308, section 5), where the server says so. */
  readonly negativeTtlSeconds?: number | undefined;
}

export type Reply =
  | { readonly kind: 'answer'; readonly answer: DnsAnswer }
  /** It says that the name is another one's alias, and not what that one has: ask for that. */
  | { readonly kind: 'alias'; readonly target: string }
  /** Not an answer to this question: a late or a forged message. */
  | { readonly kind: 'stray' }
  /** It did not fit, or was cut on its way; ask again over TCP. */
  | { readonly kind: 'truncated' }
  /** The server knows no EDNS; ask again without. */
  | { readonly kind: 'no-edns' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Fits an unfragmented datagram nearly everywhere (DNS flag day 2020). */
const udpPayloadSize = 1_232;
/** A longer chain of aliases is a mistake; BIND follows as many. */
export const maxAliases = 16;

export function encodeQuery(id: number, { name, type }: Question, edns: boolean): Buffer {
  const options = { udpPayloadSize, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] };
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name, type }],
    additionals: edns ? [{ type: 'OPT', name: '.', ...options }] : [],
  });
}

/**
 * Reads a message and checks that it answers this query (RFC 5452, section 9.1), and that it does answer: what says
 * neither that there are records nor that there are none is `failed`, so that nobody takes it for the latter.
 */
export function decodeReply(message: Buffer, id: number, question: Question): Reply {
  const isOurs = message.length >= 12 && message.readUInt16BE(0) === id && (message[2]! & 0x80) !== 0;
  if (!isOurs) return { kind: 'stray' };
  let packet: DecodedPacket & { readonly rcode?: string; readonly opcode?: string };
  try {
    if (!isWhole(message)) return { kind: 'truncated' };
    packet = decode(message);
  } catch {
    return { kind: 'truncated' };
  }
  const [asked, ...more] = packet.questions ?? [];
  if (packet.opcode !== 'QUERY') return { kind: 'stray' };
  const failure = failureOf(packet);
  // A server that cannot read the query, or wants nothing to do with it, may leave the question out.
  if (asked === undefined && failure !== undefined) return failure;
  if (asked === undefined || more.length > 0 || asked.type !== question.type || asked.class !== 'IN') {
    return { kind: 'stray' };
  }
  if (canonicalName(asked.name) !== canonicalName(question.name)) return { kind: 'stray' };
  if (packet.flag_tc) return { kind: 'truncated' };
  return failure ?? readAnswer(packet, question, packet.rcode === 'NXDOMAIN');
}

function failureOf(packet: DecodedPacket & { readonly rcode?: string }): Reply | undefined {
  const { rcode = 'no result code' } = packet;
  const opt = (packet.additionals ?? []).find((record) => record.type === 'OPT');
  // Upper bits of the result code (RFC 6891, section 6.1.3): 16 is BADVERS, which looks like NOERROR without them.
  const upper = opt?.type === 'OPT' ? Number(opt.extendedRcode) : 0;
  if (upper !== 0) {
    return upper === 1 && rcode === 'NOERROR'
      ? { kind: 'no-edns' }
      : { kind: 'failed', reason: `extended result code ${upper * 16}, ${rcode}` };
  }
  if (rcode === 'FORMERR' || rcode === 'NOTIMP') return { kind: 'no-edns' };
  return rcode === 'NOERROR' || rcode === 'NXDOMAIN' ? undefined : { kind: 'failed', reason: rcode };
}

/** Lower case, without a dot at the end; the root is empty. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** What the sections say together (RFC 2308, section 2, for answers without records). */
function readAnswer(packet: DecodedPacket, { name, type }: Question, absent: boolean): Reply {
  const records = (packet.answers ?? []).filter(isInternet);
  const chain = followAliases(records, canonicalName(name));
  if ('reason' in chain) return { kind: 'failed', reason: chain.reason };
  const { owner, hops } = chain;
  const own = records.filter((record) => record.type === type && canonicalName(record.name) === owner);
  const others = (packet.answers ?? []).length - own.length - hops;
  const authorities = (packet.authorities ?? []).filter(isInternet);
  const soa = authorities.find((record) => record.type === 'SOA');
  const answer = (kind: DnsAnswer['kind']): Reply => ({
    kind: 'answer',
    answer: { kind, ...sections(own, packet, soa) },
  });
  if (own.length > 0) {
    return absent ? { kind: 'failed', reason: 'NXDOMAIN, and records of that name' } : answer('records');
  }
  if (others > 0) return { kind: 'failed', reason: 'the records are not those that were asked for' };
  if (soa !== undefined && canonicalName(soa.name) === '') {
    return { kind: 'failed', reason: 'the root zone answers, so this server does not know the zone' };
  }
  if (absent) return answer('nxdomain');
  if (soa !== undefined) return answer('nodata');
  if (hops > 0) return { kind: 'alias', target: owner };
  if (authorities.some((record) => record.type === 'NS')) {
    return { kind: 'failed', reason: 'a referral to other servers, which is no answer' };
  }
  return answer('nodata');
}

function sections(
  own: readonly Answer[],
  { additionals = [] }: DecodedPacket,
  soa: Answer | undefined,
): Omit<DnsAnswer, 'kind'> {
  const along = Map.groupBy(
    additionals.filter((record) => isInternet(record) && (record.type === 'A' || record.type === 'AAAA')),
    (record) => canonicalName(record.name),
  );
  return {
    srv: own.flatMap(srvRecord),
    addresses: own.flatMap(addressRecord),
    along: new Map([...along].map(([target, found]) => [target, oneFamily(found)])),
    negativeTtlSeconds: soa?.type === 'SOA' ? Math.min(ttlOf(soa), soa.data.minimum ?? 0) : undefined,
  };
}

/** IPv4 before IPv6: an endpoint with both must not count twice. */
function oneFamily(records: readonly Answer[]): AddressRecord[] {
  const four = records.filter(({ type }) => type === 'A');
  return (four.length > 0 ? four : records).flatMap(addressRecord);
}

/** `IN`, the one class that is used. The pseudo record OPT has none. */
function isInternet(record: Answer): boolean {
  return record.type !== 'OPT' && record.class === 'IN';
}

/** The name that an alias (CNAME) leads to in the end, and over how many records. */
function followAliases(
  records: readonly Answer[],
  name: string,
): { readonly owner: string; readonly hops: number } | { readonly reason: string } {
  const seen = new Set([name]);
  let owner = name;
  for (let hops = 0; hops <= maxAliases; hops++) {
    const alias = records.find((record) => record.type === 'CNAME' && canonicalName(record.name) === owner);
    if (alias?.type !== 'CNAME') return { owner, hops };
    owner = canonicalName(alias.data);
    if (seen.has(owner)) return { reason: `its aliases lead in a circle (${owner})` };
    seen.add(owner);
  }
  return { reason: `more than ${maxAliases} aliases, one after another` };
}

/** RFC 2181, section 8: the first bit has to be 0, or the whole counts as 0. */
function ttlOf(record: Answer): number {
  const ttl = record.type === 'OPT' ? 0 : (record.ttl ?? 0);
  return ttl < 2 ** 31 ? ttl : 0;
}

function addressRecord(record: Answer): AddressRecord[] {
  if (record.type !== 'A' && record.type !== 'AAAA') return [];
  return [{ ttlSeconds: ttlOf(record), address: record.data }];
}

function srvRecord(record: Answer): SrvRecord[] {
  if (record.type !== 'SRV') return [];
  const { priority = 0, weight = 0, port, target } = record.data;
  return [{ ttlSeconds: ttlOf(record), priority, weight, port, target: canonicalName(target) }];
}
