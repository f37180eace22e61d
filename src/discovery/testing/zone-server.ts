import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type Answer, decode, encode, type Packet } from 'dns-packet';
import type { DnsServer } from '../dns/dns-server.ts';

/** How the server treats what it is asked. */
export type ZoneMode = 'answer' | 'silent' | 'SERVFAIL' | 'REFUSED';

const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };
const truncated = 1 << 9;

/** What is sent for an answer: another one, bytes of a message, or nothing. */
export type Replacement = Packet | Buffer | undefined;

/** A small real DNS server for tests, on one random port over UDP and TCP. */
export class ZoneServer {
  mode: ZoneMode = 'answer';
  /** Whether addresses of SRV targets come along in the additional section. */
  along = true;
  /** Whether it refuses queries with an OPT record, as old servers do. */
  knowsEdns = true;
  /** Sent before each answer over UDP, made from it. */
  forge: ((answer: Packet) => Packet[]) | undefined;
  /** Sent for each answer, made from it. Over TCP a message that is `cut` ends with the connection in its midst. */
  replace: ((answer: Packet, transport: 'udp' | 'tcp') => Replacement) | undefined;
  cut = false;
  /** Queries that it counts and does not answer. */
  drops: ((query: Packet) => boolean) | undefined;
  /** Every question, as `udp SRV name`. */
  readonly asked: string[] = [];
  readonly address: DnsServer;
  #records: readonly Answer[] = [];
  /** Names that exist without records of their own. */
  #bare: ReadonlySet<string> = new Set();
  #waiting: (() => void)[] = [];
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>) {
    this.address = { host: '127.0.0.1', port };
    this.#close = close;
  }

  static async start(): Promise<ZoneServer> {
    // A port that is free for one transport may be taken for the other; another one will do.
    for (;;) {
      const tcp = createServer();
      tcp.listen(0, '127.0.0.1');
      await once(tcp, 'listening');
      const { port } = tcp.address() as { port: number };
      const udp = createSocket('udp4');
      const sockets = new Set<Socket>();
      try {
        udp.bind(port, '127.0.0.1');
        await once(udp, 'listening');
      } catch {
        tcp.close();
        continue;
      }
      const server = new ZoneServer(port, async () => {
        for (const socket of sockets) socket.destroy();
        await Promise.all([
          new Promise<void>((resolve) => udp.close(() => resolve())),
          new Promise((resolve) => tcp.close(resolve)),
        ]);
      });
      udp.on('message', (message, { port, address }) => {
        for (const reply of server.#overUdp(message)) udp.send(reply, port, address);
      });
      tcp.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        socket.on('error', () => socket.destroy());
        socket.on('data', (chunk: Buffer) => {
          const message = server.#overTcp(chunk.subarray(2));
          if (message === undefined) return;
          if (server.cut) socket.end(message.subarray(0, message.length / 2));
          else socket.write(message);
        });
      });
      return server;
    }
  }

  /** Replaces the zone. */
  serve(records: readonly Answer[], bare: Iterable<string> = []): void {
    this.#records = records;
    this.#bare = new Set(bare);
  }

  /** Resolves once `count` questions have been asked in all. */
  async untilAsked(count: number): Promise<void> {
    while (this.asked.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): Promise<void> {
    return this.#close();
  }

  #overUdp(message: Buffer): Buffer[] {
    const reply = this.#answer(message, 'udp');
    if (reply === undefined) return [];
    const opt = decode(message).additionals?.find(({ type }) => type === 'OPT');
    const limit = opt?.type === 'OPT' ? opt.udpPayloadSize : 512;
    if (this.replace !== undefined) {
      const other = this.replace(reply, 'udp');
      return other === undefined ? [] : [bytesOf(other)];
    }
    const whole = encode(reply);
    const forged = this.forge?.(reply).map((one) => encode(one)) ?? [];
    if (whole.length <= limit) return [...forged, whole];
    return [...forged, encode({ ...reply, flags: (reply.flags ?? 0) | truncated, answers: [], additionals: [] })];
  }

  #overTcp(message: Buffer): Buffer | undefined {
    const reply = this.#answer(message, 'tcp');
    if (reply === undefined) return undefined;
    const other = this.replace === undefined ? reply : this.replace(reply, 'tcp');
    if (other === undefined) return undefined;
    const bytes = bytesOf(other);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return Buffer.concat([length, bytes]);
  }

  #answer(message: Buffer, transport: 'udp' | 'tcp'): Packet | undefined {
    const query = decode(message);
    const { id, questions = [] } = query;
    const { name, type } = questions[0]!;
    this.asked.push(`${transport} ${type} ${name}`);
    for (const resolve of this.#waiting.splice(0)) resolve();
    if (this.mode === 'silent' || this.drops?.(query)) return undefined;
    const reply = { type: 'response', id, questions } as const;
    if (this.mode !== 'answer') return { ...reply, flags: rcodes[this.mode] };
    if (!this.knowsEdns && (query.additionals ?? []).length > 0) {
      return { type: 'response', id, flags: rcodes.FORMERR };
    }
    const answers = this.#find(name, type);
    if (answers.length > 0) {
      const targets = answers.flatMap((answer) => (answer.type === 'SRV' ? [answer.data.target] : []));
      const along = this.along ? [...new Set(targets)].flatMap((target) => this.#addresses(target)) : [];
      return { ...reply, answers, additionals: along };
    }
    const exists = this.#bare.has(name) || this.#records.some((record) => record.name === name);
    const soa: Answer = {
      type: 'SOA',
      name: 'cluster.local',
      ttl: 5,
      data: { mname: 'ns', rname: 'mail', minimum: 2 },
    };
    return { ...reply, flags: exists ? rcodes.NOERROR : rcodes.NXDOMAIN, authorities: [soa] };
  }

  #find(name: string, type: string): Answer[] {
    const own = this.#records.filter((record) => record.name === name && record.type === type);
    const alias = this.#records.find((record) => record.name === name && record.type === 'CNAME');
    return alias?.type === 'CNAME' ? [alias, ...this.#find(alias.data, type)] : own;
  }

  #addresses(name: string): Answer[] {
    return this.#records.filter((record) => record.name === name && (record.type === 'A' || record.type === 'AAAA'));
  }
}

function bytesOf(message: Packet | Buffer): Buffer {
  return Buffer.isBuffer(message) ? message : encode(message);
}
