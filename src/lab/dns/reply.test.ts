import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, decode, encode, type Packet } from 'dns-packet';
import type { EndpointView } from '../endpoints.ts';
import { seededRandom } from '../random.ts';
import { type ReplyContext, reply } from './reply.ts';

function context(podCount: number): ReplyContext {
  const service = {
    name: 'be1-srv',
    namespace: 'default',
    dnsName: 'be1-srv.default.svc.cluster.local',
    headless: true,
    ports: [{ name: 'grpc', port: 50_051, boundPort: 50_051, shifted: false, targetPort: 50_051, address: '' }],
  };
  const endpoints = Array.from({ length: podCount }, (_, index) => ({
    address: `127.30.1.${index + 1}`,
    pod: `be1-${index}`,
    ready: true,
    serving: true,
    terminating: false,
    zone: '',
    region: '',
    kubeNode: '',
  }));
  const view: EndpointView = new Map([['default/be1-srv', { service, endpoints }]]);
  return { view, namespace: 'default', ttlSeconds: 7, random: seededRandom(1, 'dns') };
}

function query(name: string, type: 'A' | 'SRV' | 'AAAA', additionals: Answer[] = []): Buffer {
  return encode({ type: 'query', id: 4711, flags: 0x100, questions: [{ name, type }], additionals });
}

function edns(udpPayloadSize: number): Answer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
}

function rcode(packet: Packet): number {
  return (packet.flags ?? 0) & 0x0f;
}

const long = 'be1-srv.default.svc.cluster.local';

test("an answer has the query's id and question, is authoritative and carries the TTL", () => {
  const packet = decode(reply(query('BE1-srv', 'A'), 'udp', context(1))!);
  assert.equal(packet.id, 4711);
  assert.deepEqual(
    [packet.flag_qr, packet.flag_aa, packet.flag_tc, packet.flag_rd, packet.flag_ra],
    [true, true, false, true, false],
  );
  assert.deepEqual(packet.questions, [{ name: 'BE1-srv', type: 'A', class: 'IN' }]);
  assert.deepEqual(
    packet.answers?.map((record) => ('ttl' in record ? [record.name, record.ttl, record.data] : [])),
    [['BE1-srv', 7, '127.30.1.1']],
  );
});

test('"no such record" and "no such name" differ in the code, and both say how long to remember', () => {
  const noData = decode(reply(query(long, 'AAAA'), 'udp', context(1))!);
  const noName = decode(reply(query('nobody', 'A'), 'udp', context(1))!);
  assert.deepEqual([rcode(noData), rcode(noName)], [0, 3]);
  for (const packet of [noData, noName]) {
    const [soa] = packet.authorities ?? [];
    assert.ok(soa?.type === 'SOA' && soa.data.minimum === 7);
  }
  const foreign = decode(reply(query('example.com', 'A'), 'udp', context(1))!);
  assert.deepEqual([rcode(foreign), foreign.flag_aa, foreign.authorities?.length], [5, false, 0]);
});

test('over UDP an answer that is too long is cut and says so; over TCP it is whole', () => {
  const message = query(long, 'A');
  const cut = reply(message, 'udp', context(40))!;
  assert.ok(cut.length <= 512);
  const packet = decode(cut);
  assert.equal(packet.flag_tc, true);
  assert.ok(packet.answers!.length > 0 && packet.answers!.length < 40);
  const whole = decode(reply(message, 'tcp', context(40))!);
  assert.deepEqual([whole.flag_tc, whole.answers!.length], [false, 40]);
});

test('a client that takes more over UDP gets more', () => {
  const answer = reply(query(long, 'A', [edns(4096)]), 'udp', context(40))!;
  assert.ok(answer.length > 512);
  const packet = decode(answer);
  assert.deepEqual([packet.flag_tc, packet.answers!.length, packet.additionals?.at(-1)?.type], [false, 40, 'OPT']);
  // Smaller than 512 counts as 512 (RFC 6891 §6.2.3).
  assert.ok(reply(query(long, 'A', [edns(100)]), 'udp', context(40))!.length > 400);
});

test('additional addresses are left out before answers are', () => {
  const name = `_grpc._tcp.${long}`;
  const packet = decode(reply(query(name, 'SRV', [edns(1232)]), 'udp', context(8))!);
  assert.equal(packet.flag_tc, false);
  assert.deepEqual([packet.answers!.length, packet.additionals!.length], [8, 1]);
  const whole = decode(reply(query(name, 'SRV'), 'tcp', context(8))!);
  assert.deepEqual([whole.answers!.length, whole.additionals!.length], [8, 8]);
});

test('answers begin with another record from time to time', () => {
  const ask = context(4);
  const firsts = new Set<unknown>();
  for (let index = 0; index < 40; index++) {
    const [first] = decode(reply(query(long, 'A'), 'udp', ask)!).answers ?? [];
    firsts.add(first !== undefined && 'data' in first ? first.data : undefined);
  }
  assert.equal(firsts.size, 4);
});

test('rubbish is answered with FORMERR if it has a header, and not at all if it has none or is an answer', () => {
  const good = query(long, 'A');
  assert.equal(reply(Buffer.from('x'), 'udp', context(1)), undefined);
  assert.equal(reply(reply(good, 'udp', context(1))!, 'udp', context(1)), undefined);
  const broken = decode(reply(good.subarray(0, 20), 'udp', context(1))!);
  assert.deepEqual([broken.id, rcode(broken)], [4711, 1]);
  const none = decode(reply(encode({ type: 'query', id: 5, questions: [] }), 'udp', context(1))!);
  assert.equal(rcode(none), 1);
});

test('other kinds of requests and other classes are not for us', () => {
  const notify = encode({ type: 'query', id: 5, flags: 4 << 11, questions: [{ name: long, type: 'A' }] });
  assert.equal(rcode(decode(reply(notify, 'udp', context(1))!)), 4);
  const chaos = encode({ type: 'query', id: 5, questions: [{ name: long, type: 'A', class: 'CH' }] });
  assert.equal(rcode(decode(reply(chaos, 'udp', context(1))!)), 5);
});
