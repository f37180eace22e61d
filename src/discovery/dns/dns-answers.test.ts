import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Answer, encode, type Packet } from 'dns-packet';
import { RecordingObserver } from '../testing/recording-observer.ts';
import { type Replacement, ZoneServer } from '../testing/zone-server.ts';
import { DnsDiscovery } from './dns-discovery.ts';

const service = 'a.default.svc.cluster.local';
const name = `_grpc._tcp.${service}`;
const flags = { NXDOMAIN: 3, truncated: 1 << 9, notify: 4 << 11 };
const known = '127.1.0.1:50051 127.1.0.2:50051';

function srv(target: string, more: { port?: number; priority?: number; weight?: number } = {}, ttl = 0): Answer {
  return { type: 'SRV', name, ttl, data: { priority: 0, weight: 50, port: 50_051, target, ...more } };
}

function address(owner: string, data: string): Answer {
  return { type: data.includes(':') ? 'AAAA' : 'A', name: owner, data, ttl: 0 };
}

/** As a zone has a pod: a name of its own, and its address. */
function pod(data: string): Answer[] {
  const target = `${data.replaceAll(/[.:]/g, '-')}.${service}`;
  return [srv(target), address(target, data)];
}

const soa = (owner: string): Answer => ({
  type: 'SOA',
  name: owner,
  ttl: 0,
  data: { mname: 'ns', rname: 'mail', minimum: 0 },
});
const ns: Answer = { type: 'NS', name: 'cluster.local', data: 'ns.cluster.local', ttl: 0 };
const nothing = { answers: [], additionals: [], authorities: [] };

/** A chain of aliases that begins at the name. */
function chain(length: number): Answer[] {
  return Array.from({ length }, (_, at) => ({
    type: 'CNAME',
    name: at === 0 ? name : `alias${at}.test`,
    data: `alias${at + 1}.test`,
    ttl: 0,
  }));
}

/** The server answers with what exists; two pods are known, and then it is up to `break`. */
async function discovering(t: TestContext) {
  const server = await ZoneServer.start();
  t.after(() => server.close());
  server.serve([...pod('127.1.0.1'), ...pod('127.1.0.2')]);
  const observer = new RecordingObserver();
  const discovery = new DnsDiscovery({
    services: [{ namespace: 'default', name: 'a', ports: [{ portName: 'grpc', protocol: 'tcp' }], policy: {} }],
    servers: [server.address],
    clusterDomain: 'cluster.local',
    minIntervalMs: 5,
    maxIntervalMs: 10,
    // What is no answer at all is waited for in vain.
    timeoutMs: 25,
    attempts: 1,
  });
  await discovery.start(observer);
  t.after(() => discovery.stop());
  await observer.until('two pods are known', () => served(observer) === known);
  return { server, observer };
}

function served(observer: RecordingObserver): string {
  const endpoints = observer.services.get('default/a')?.ports[0]?.endpoints ?? [];
  return endpoints.map((one) => `${one.address}:${one.port}${one.weight ? `*${one.weight}` : ''}`).join(' ');
}

interface Broken {
  readonly what: string;
  /** What is sent for the answer. */
  readonly answer?: (good: Packet, transport: 'udp' | 'tcp') => Replacement;
  /** Or what the zone has. */
  readonly zone?: readonly Answer[];
  readonly cut?: true;
  readonly why: RegExp;
}

function rcode(code: number, more: Partial<Packet> = {}): Pick<Broken, 'answer'> {
  return { answer: (good) => ({ ...good, ...nothing, flags: code, ...more }) };
}

const opt = (extendedRcode: number): Answer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize: 1232,
  extendedRcode,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
});

/** The good answer with one byte of the first record's length field set. */
function withDataLength(good: Packet, length: number): Buffer {
  const one = { ...good, answers: [address(name, '10.0.0.1')], additionals: [] };
  const bytes = encode(one);
  bytes.writeUInt16BE(length, bytes.length - 6);
  return bytes;
}

const unusable: readonly Broken[] = [
  { what: 'SERVFAIL', ...rcode(2), why: /SERVFAIL/ },
  { what: 'REFUSED', ...rcode(5), why: /REFUSED/ },
  { what: 'REFUSED without the question', ...rcode(5, { questions: [] }), why: /REFUSED/ },
  { what: 'NOTIMP', ...rcode(4), why: /cannot read the question/ },
  { what: 'FORMERR', ...rcode(1), why: /cannot read the question/ },
  { what: 'FORMERR without the question', ...rcode(1, { questions: [] }), why: /cannot read the question/ },
  { what: 'NOTAUTH', ...rcode(9), why: /NOTAUTH/ },
  { what: 'BADVERS, whatever EDNS', ...rcode(0, { additionals: [opt(1)] }), why: /cannot read the question/ },
  { what: 'BADCOOKIE', ...rcode(7, { additionals: [opt(1)] }), why: /extended result code 16/ },
  { what: 'a referral', ...rcode(0, { authorities: [ns] }), why: /referral/ },
  { what: 'a referral to the root', ...rcode(0, { authorities: [{ ...ns, name: '.' }] }), why: /referral/ },
  { what: 'no such name, says the root', ...rcode(flags.NXDOMAIN, { authorities: [soa('.')] }), why: /root zone/ },
  { what: 'no such records, says the root', ...rcode(0, { authorities: [soa('.')] }), why: /root zone/ },
  {
    what: 'no such name, and its records',
    answer: (good) => ({ ...good, flags: flags.NXDOMAIN }),
    why: /NXDOMAIN, and records/,
  },
  { what: 'an alias of itself', ...rcode(0, { answers: [{ type: 'CNAME', name, data: name }] }), why: /circle/ },
  { what: 'a chain of aliases that is too long', ...rcode(0, { answers: chain(17) }), why: /more than 16 aliases/ },
  {
    what: 'records of another name',
    ...rcode(0, { answers: [{ ...srv('x.test'), name: 'y.test' }] }),
    why: /not those/,
  },
  { what: 'records of another type', ...rcode(0, { answers: [address(name, '10.0.0.1')] }), why: /not those/ },
  {
    what: 'records of another class',
    ...rcode(0, { answers: [{ ...srv('x.test'), class: 'CH' } as Answer] }),
    why: /not those/,
  },
  { what: 'cut short, and no TCP', answer: (good, over) => (over === 'tcp' ? undefined : tc(good)), why: /over TCP/ },
  { what: 'cut short over TCP as well', answer: tc, why: /cut short over TCP/ },
  {
    what: 'a TCP answer that ends in its midst',
    answer: (good, over) => (over === 'tcp' ? good : tc(good)),
    cut: true,
    why: /ended the connection/,
  },
  { what: 'half a message', answer: (good) => encode(good).subarray(0, -9), why: /cut short over TCP/ },
  { what: 'a header alone', answer: (good) => encode(good).subarray(0, 12), why: /cut short over TCP/ },
  { what: 'an address of three bytes', answer: (good) => withDataLength(good, 3), why: /cut short over TCP/ },
  {
    what: 'an address that is longer than the message',
    answer: (good) => withDataLength(good, 99),
    why: /cut short over TCP/,
  },
  { what: 'garbage', answer: () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), why: /no answer in 25 ms/ },
  { what: 'nothing but an empty message', answer: () => Buffer.alloc(0), why: /no answer in 25 ms/ },
  { what: 'another id', answer: (good) => ({ ...good, ...nothing, id: (good.id! + 1) % 65_536 }), why: /no answer in/ },
  {
    what: 'another question',
    answer: (good) => ({ ...good, ...nothing, questions: [{ type: 'SRV', name: 'y.test' }] }),
    why: /no answer in/,
  },
  {
    what: 'another type in the question',
    answer: (good) => ({ ...good, ...nothing, questions: [{ type: 'A', name }] }),
    why: /no answer in/,
  },
  {
    what: 'another class in the question',
    answer: (good) => ({ ...good, ...nothing, questions: [{ type: 'SRV', name, class: 'CH' }] }),
    why: /no answer in/,
  },
  {
    what: 'two questions',
    answer: (good) => ({ ...good, ...nothing, questions: [...good.questions!, ...good.questions!] }),
    why: /no answer in/,
  },
  { what: 'a question', answer: (good) => ({ ...good, ...nothing, type: 'query' }), why: /no answer in/ },
  { what: 'an answer to NOTIFY', ...rcode(flags.notify), why: /no answer in/ },
  {
    what: 'port 0 alone',
    zone: [srv('x.test', { port: 0 }), address('x.test', '127.1.0.3')],
    why: /port 0 of x\.test/,
  },
  {
    what: 'targets that do not exist',
    zone: [srv('x.test'), srv('y.test')],
    why: /none of its targets has an address/,
  },
  ...[
    ['0.0.0.0', /unspecified/],
    ['0.1.2.3', /unspecified/],
    ['224.0.0.1', /multicast/],
    ['239.255.0.1', /multicast/],
    ['255.255.255.255', /broadcast/],
    ['240.0.0.1', /reserved/],
    ['169.254.169.254', /link-local/],
    ['::', /unspecified/],
    ['ff02::1', /multicast/],
    ['fe80::1', /link-local/],
    ['::ffff:127.0.0.1', /IPv4 address written as IPv6/],
  ].map(([data, why]) => ({
    what: `the address ${data} alone`,
    zone: [srv('x.test'), address('x.test', data as string)],
    why: why as RegExp,
  })),
];

function tc(good: Packet): Packet {
  return { ...good, flags: flags.truncated, answers: [], additionals: [] };
}

for (const { what, answer, zone, cut = false, why } of unusable) {
  test(`${what}: the last good endpoints stay, and degraded says why`, async (t) => {
    const { server, observer } = await discovering(t);
    if (zone !== undefined) {
      server.along = false;
      server.serve(zone);
    } else {
      server.replace = answer;
      server.cut = cut;
    }
    await observer.until('it is degraded', ({ error }) => error !== undefined && why.test(error.message));
    assert.equal(observer.error?.code, 'EK_DNS_FAILED');
    assert.equal(served(observer), known);
    assert.equal(observer.upsertsOf('default/a'), 1);
    server.replace = undefined;
    server.serve(pod('127.1.0.3'));
    await observer.until('it is over', ({ error }) => error === undefined);
    assert.equal(served(observer), '127.1.0.3:50051');
  });
}

interface Usable {
  readonly what: string;
  readonly zone?: readonly Answer[];
  readonly answer?: Broken['answer'];
  readonly expected: string;
}

const usable: readonly Usable[] = [
  { what: 'no records, and nothing else', ...rcode(0), expected: '' },
  { what: 'no records, by its zone', ...rcode(0, { authorities: [soa('cluster.local')] }), expected: '' },
  {
    what: 'no records, by its zone, with name servers',
    ...rcode(0, { authorities: [ns, soa('cluster.local')] }),
    expected: '',
  },
  { what: 'no such name, and nothing else', ...rcode(flags.NXDOMAIN), expected: '' },
  {
    what: 'no such name, by its zone',
    ...rcode(flags.NXDOMAIN, { authorities: [soa('cluster.local')] }),
    expected: '',
  },
  { what: 'the target "."', zone: [srv('.')], expected: '' },
  { what: 'a chain of sixteen aliases', answer: withChain, expected: '127.1.0.3:50051' },
  { what: 'another case of letters', answer: shouted, expected: '127.1.0.1:50051' },
  {
    what: 'bytes behind the message',
    answer: (good) => Buffer.concat([encode(only(good)), Buffer.alloc(7, 0xff)]),
    expected: '127.1.0.1:50051',
  },
  {
    what: 'name servers beside the records',
    answer: (good) => ({ ...only(good), authorities: [ns] }),
    expected: '127.1.0.1:50051',
  },
  {
    what: 'unrelated addresses along',
    answer: (good) => {
      const one = only(good);
      return { ...one, additionals: [address('other.test', '127.6.6.6'), ...one.additionals!] };
    },
    expected: '127.1.0.1:50051',
  },
  {
    what: 'the same record twice, with two weights',
    zone: [
      srv('x.test', { weight: 9 }),
      srv('x.test', { weight: 2 }),
      srv('y.test', { weight: 2 }),
      address('x.test', '127.1.0.3'),
      address('y.test', '127.1.0.4'),
    ],
    expected: '127.1.0.3:50051*9 127.1.0.4:50051*2',
  },
  {
    what: 'one address that nobody can use, and one port 0',
    zone: [srv('x.test'), srv('x.test', { port: 0 }), address('x.test', '0.0.0.0'), address('x.test', '127.1.0.3')],
    expected: '127.1.0.3:50051',
  },
  {
    what: 'TTLs of a century',
    zone: [srv('x.test', {}, 2 ** 31 - 1), address('x.test', '127.1.0.3')],
    expected: '127.1.0.3:50051',
  },
  {
    what: 'TTLs with the first bit set',
    zone: [srv('x.test', {}, 2 ** 32 - 1), address('x.test', '127.1.0.3')],
    expected: '127.1.0.3:50051',
  },
];

/** Of a good answer the first pod. */
function only(good: Packet): Packet {
  const [first] = good.answers ?? [];
  const target = first?.type === 'SRV' ? first.data.target : '';
  return { ...good, answers: [first!], additionals: good.additionals!.filter((one) => one.name === target) };
}

function withChain(good: Packet): Packet {
  const last = { ...srv('x.test'), name: 'alias16.test' };
  return { ...good, answers: [...chain(16), last], additionals: [address('x.test', '127.1.0.3')] };
}

function shouted(good: Packet): Packet {
  const one = only(good);
  const loud = (records: readonly Answer[] = []) =>
    records.map((each) => ({ ...each, name: each.name.toUpperCase() }) as Answer);
  const questions = one.questions!.map((each) => ({ ...each, name: each.name.toUpperCase() }));
  return { ...one, questions, answers: loud(one.answers), additionals: loud(one.additionals) };
}

for (const { what, zone, answer, expected } of usable) {
  test(`${what}: that is an answer`, async (t) => {
    const { server, observer } = await discovering(t);
    if (zone === undefined) server.replace = answer;
    else server.serve(zone);
    await observer.until('the answer is in force', () => served(observer) === expected);
    assert.equal(observer.error, undefined);
  });
}

test('what was left out of an answer stands among the problems of the Service', async (t) => {
  const { server, observer } = await discovering(t);
  server.serve([
    srv('x.test'),
    srv('x.test', { port: 0 }),
    address('x.test', '0.0.0.0'),
    address('x.test', '127.1.0.3'),
  ]);
  await observer.until('the answer is in force', () => served(observer) === '127.1.0.3:50051');
  assert.deepEqual(observer.services.get('default/a')?.problems, [
    'left out of the answer of DNS: 0.0.0.0 (unspecified), port 0 of x.test',
  ]);
  server.serve(pod('127.1.0.3'));
  await observer.until('nothing is left out', ({ services }) => services.get('default/a')?.problems === undefined);
});

test('a Service with a ClusterIP is served, and its problems say that it should be headless', async (t) => {
  const { server, observer } = await discovering(t);
  server.serve([srv(`${service.toUpperCase()}.`), address(`${service.toUpperCase()}.`, '127.96.0.7')]);
  await observer.until('the answer is in force', () => served(observer) === '127.96.0.7:50051');
  assert.match(observer.services.get('default/a')?.problems?.[0] ?? '', /ClusterIP.*headless \(clusterIP: None\)/);
});
