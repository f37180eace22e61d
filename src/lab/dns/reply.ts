import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  type Question,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import type { EndpointView } from '../endpoints.ts';
import type { Random } from '../random.ts';
import { type ARecord, answer, clusterDomain, type SrvRecord } from './zone.ts';

/** RFC 1035 §4.1.1 */
const rcodes = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
type Rcode = keyof typeof rcodes;

/** What we take and send over UDP at most, whatever a client offers. */
const maxUdpBytes = 4096;

export interface ReplyContext {
  readonly view: EndpointView;
  /** Where short names belong. */
  readonly namespace: string;
  readonly ttlSeconds: number;
  /** Turns the order of answers. */
  readonly random: Random;
}

/**
 * Answers one query.
 *
 * @param transport - over UDP an answer is cut to what the client takes (512 bytes, or its EDNS size)
 * @returns undefined for what must not be answered: rubbish without a header, and answers
 */
export function reply(message: Buffer, transport: 'udp' | 'tcp', context: ReplyContext): Buffer | undefined {
  if (message.length < 12 || (message[2]! & 0x80) !== 0) return undefined;
  const opcode = (message[2]! >> 3) & 0x0f;
  let query: DecodedPacket;
  try {
    query = decode(message);
  } catch {
    return headerOnly(message, 'FORMERR');
  }
  if (opcode !== 0) return headerOnly(message, 'NOTIMP');
  const [question] = query.questions ?? [];
  if (query.questions?.length !== 1 || question === undefined) return headerOnly(message, 'FORMERR');

  const edns = query.additionals?.find((record) => record.type === 'OPT');
  const limit = transport === 'tcp' ? 65_535 : Math.min(maxUdpBytes, Math.max(512, edns?.udpPayloadSize ?? 512));
  return fit(respond(query, question, edns !== undefined, context), limit);
}

function respond(query: DecodedPacket, question: Question, edns: boolean, context: ReplyContext): Packet {
  const { view, namespace, ttlSeconds, random } = context;
  const inClass = question.class === undefined || question.class === 'IN';
  const zone = inClass
    ? answer(view, namespace, question.name, question.type)
    : ({ rcode: 'REFUSED', answers: [], additionals: [] } as const);
  const ours = zone.rcode !== 'REFUSED';
  const flags = (query.flags ?? 0) & RECURSION_DESIRED;
  const options: Answer[] = edns
    ? [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: maxUdpBytes,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ]
    : [];
  return {
    type: 'response',
    id: query.id,
    flags: flags | (ours ? AUTHORITATIVE_ANSWER : 0) | rcodes[zone.rcode],
    questions: [question],
    answers: rotate(zone.answers, random).map((record) => encodable(record, ttlSeconds)),
    authorities: ours && zone.answers.length === 0 ? [startOfAuthority(ttlSeconds)] : [],
    additionals: [...zone.additionals.map((record) => encodable(record, ttlSeconds)), ...options],
  };
}

/** Leaves out additional addresses first, which costs the client a question; then answers, which sets TC (RFC 2181 §9). */
function fit(packet: Packet, limitBytes: number): Buffer {
  const whole = encode(packet);
  if (whole.length <= limitBytes) return whole;
  const additionals = packet.additionals?.filter((record) => record.type === 'OPT');
  const lean = encode({ ...packet, additionals });
  if (lean.length <= limitBytes) return lean;
  const flags = (packet.flags ?? 0) | TRUNCATED_RESPONSE;
  for (let count = (packet.answers?.length ?? 0) - 1; count > 0; count--) {
    const cut = encode({ ...packet, flags, additionals, answers: packet.answers?.slice(0, count) });
    if (cut.length <= limitBytes) return cut;
  }
  return encode({ ...packet, flags, additionals, answers: [] });
}

function encodable(record: ARecord | SrvRecord, ttl: number): Answer {
  if (record.type === 'A') return { type: 'A', name: record.name, ttl, data: record.address };
  const { name, port, target } = record;
  return { type: 'SRV', name, ttl, data: { priority: 0, weight: 100, port, target } };
}

/** Goes with every "no", and says how long it may be remembered (RFC 2308 §3). */
function startOfAuthority(ttl: number): Answer {
  return {
    type: 'SOA',
    name: clusterDomain,
    ttl,
    data: {
      mname: `ns.dns.${clusterDomain}`,
      rname: `hostmaster.${clusterDomain}`,
      serial: 1,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: ttl,
    },
  };
}

/** A random start, so that clients that take the first address do not all take the same one. */
function rotate<T>(records: readonly T[], random: Random): T[] {
  const start = Math.floor(random() * records.length);
  return [...records.slice(start), ...records.slice(0, start)];
}

function headerOnly(message: Buffer, rcode: Rcode): Buffer {
  const header = Buffer.alloc(12);
  message.copy(header, 0, 0, 3);
  header[2] = (header[2]! & 0x79) | 0x80;
  header[3] = rcodes[rcode];
  return header;
}
