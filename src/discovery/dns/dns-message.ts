import { type Answer, type DecodedPacket, decode, encode, RECURSION_DESIRED } from 'dns-packet';

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
  /** Not an answer to this question: a late, a forged or a garbled message. */
  | { readonly kind: 'stray' }
  /** It did not fit; ask again over TCP. */
  | { readonly kind: 'truncated' }
  /** The server knows no EDNS; ask again without. */
  | { readonly kind: 'no-edns' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Fits an unfragmented datagram nearly everywhere (DNS flag day 2020). */
const udpPayloadSize = 1_232;
/** A longer chain of aliases is a mistake. */
const maxAliases = 8;

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

/** Reads a message and checks that it answers this query (RFC 5452, section 9.1). */
export function decodeReply(message: Buffer, id: number, question: Question): Reply {
  let packet: DecodedPacket & { readonly rcode?: string; readonly opcode?: string };
  try {
    packet = decode(message);
  } catch {
    return { kind: 'stray' };
  }
  const [asked, ...more] = packet.questions ?? [];
  if (packet.type !== 'response' || packet.id !== id || packet.opcode !== 'QUERY') return { kind: 'stray' };
  // A server that cannot read the query may leave the question out.
  if (asked === undefined && (packet.rcode === 'FORMERR' || packet.rcode === 'NOTIMP')) return { kind: 'no-edns' };
  if (asked === undefined || more.length > 0 || asked.type !== question.type || asked.class !== 'IN') {
    return { kind: 'stray' };
  }
  if (canonicalName(asked.name) !== canonicalName(question.name)) return { kind: 'stray' };
  if (packet.flag_tc) return { kind: 'truncated' };
  if (packet.rcode === 'FORMERR' || packet.rcode === 'NOTIMP') return { kind: 'no-edns' };
  if (packet.rcode !== 'NOERROR' && packet.rcode !== 'NXDOMAIN') {
    return { kind: 'failed', reason: packet.rcode ?? 'no result code' };
  }
  return { kind: 'answer', answer: answerOf(packet, question, packet.rcode === 'NXDOMAIN') };
}

export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function answerOf(packet: DecodedPacket, { name, type }: Question, absent: boolean): DnsAnswer {
  const records = packet.answers ?? [];
  const owner = aliasTarget(records, canonicalName(name));
  const own = records.filter((record) => record.type === type && canonicalName(record.name) === owner);
  const along = new Map<string, AddressRecord[]>();
  // IPv4 before IPv6: an endpoint with both must not count twice.
  for (const family of ['AAAA', 'A'] as const) {
    const ofFamily = Map.groupBy(
      (packet.additionals ?? []).filter((record) => record.type === family),
      (record) => canonicalName(record.name),
    );
    for (const [target, found] of ofFamily) along.set(target, found.flatMap(addressRecord));
  }
  const authority = (packet.authorities ?? []).find((record) => record.type === 'SOA');
  return {
    kind: own.length > 0 ? 'records' : absent ? 'nxdomain' : 'nodata',
    srv: own.flatMap(srvRecord),
    addresses: own.flatMap(addressRecord),
    along,
    negativeTtlSeconds:
      authority?.type === 'SOA' ? Math.min(authority.ttl ?? 0, authority.data.minimum ?? 0) : undefined,
  };
}

function aliasTarget(records: readonly Answer[], name: string): string {
  let owner = name;
  for (let hops = 0; hops < maxAliases; hops++) {
    const alias = records.find((record) => record.type === 'CNAME' && canonicalName(record.name) === owner);
    if (alias?.type !== 'CNAME') return owner;
    owner = canonicalName(alias.data);
  }
  return owner;
}

function addressRecord(record: Answer): AddressRecord[] {
  if (record.type !== 'A' && record.type !== 'AAAA') return [];
  return [{ ttlSeconds: record.ttl ?? 0, address: record.data }];
}

function srvRecord(record: Answer): SrvRecord[] {
  if (record.type !== 'SRV') return [];
  const { priority = 0, weight = 0, port, target } = record.data;
  return [{ ttlSeconds: record.ttl ?? 0, priority, weight, port, target: canonicalName(target) }];
}
