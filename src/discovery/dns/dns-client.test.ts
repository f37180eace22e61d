import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Answer } from 'dns-packet';
import { ManualClock } from '../../base/clock.ts';
import type { EvenkeelError } from '../../base/errors.ts';
import { ZoneServer } from '../testing/zone-server.ts';
import { DnsClient, type DnsClientOptions } from './dns-client.ts';
import type { QuestionType } from './dns-message.ts';
import { type DnsServer, parseDnsServer, systemServers } from './dns-server.ts';

const never = new AbortController().signal;

async function zone(t: TestContext, ...records: Answer[]): Promise<ZoneServer> {
  const server = await ZoneServer.start();
  t.after(() => server.close());
  server.serve(records);
  return server;
}

function clientOf(servers: readonly DnsServer[], options: Partial<DnsClientOptions> = {}): DnsClient {
  return new DnsClient({ servers, timeoutMs: 30_000, attempts: 1, ...options });
}

function ask(client: DnsClient, type: QuestionType, name: string, signal = never) {
  return client.query({ type, name }, signal);
}

function a(name: string, data: string, ttl = 30): Answer {
  return { type: 'A', name, data, ttl };
}

/** A server that is there and never answers. */
async function silentServer(t: TestContext): Promise<DnsServer> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return { host: '127.0.0.1', port: socket.address().port };
}

test('addresses are found, with their TTL', async (t) => {
  const server = await zone(t, a('x.test', '127.1.0.1', 7), a('x.test', '127.1.0.2', 9));
  const { kind, addresses } = await ask(clientOf([server.address]), 'A', 'x.test');
  assert.equal(kind, 'records');
  assert.deepEqual(addresses, [
    { address: '127.1.0.1', ttlSeconds: 7 },
    { address: '127.1.0.2', ttlSeconds: 9 },
  ]);
  assert.deepEqual(server.asked, ['udp A x.test']);
});

test('a name without such records and a name that does not exist are told apart, with how long that holds', async (t) => {
  const server = await zone(t, a('x.test', '127.1.0.1'));
  const client = clientOf([server.address]);
  const nodata = await ask(client, 'AAAA', 'x.test');
  const nxdomain = await ask(client, 'A', 'y.test');
  assert.deepEqual([nodata.kind, nxdomain.kind], ['nodata', 'nxdomain']);
  assert.deepEqual([nodata.negativeTtlSeconds, nxdomain.negativeTtlSeconds], [2, 2]);
});

test('an alias is followed', async (t) => {
  const server = await zone(t, { type: 'CNAME', name: 'www.test', data: 'X.test.' }, a('X.test.', '127.1.0.1'));
  const { addresses } = await ask(clientOf([server.address]), 'A', 'www.test');
  assert.deepEqual(
    addresses.map(({ address }) => address),
    ['127.1.0.1'],
  );
});

test('an answer that was truncated is fetched over TCP', async (t) => {
  const many = Array.from({ length: 500 }, (_, index) => a('x.test', `127.1.${index >> 8}.${index & 255}`));
  const server = await zone(t, ...many);
  assert.equal((await ask(clientOf([server.address]), 'A', 'x.test')).addresses.length, 500);
  assert.deepEqual(server.asked, ['udp A x.test', 'tcp A x.test']);
});

test('a server that knows no EDNS is asked without', async (t) => {
  const server = await zone(t, a('x.test', '127.1.0.1'));
  server.knowsEdns = false;
  assert.equal((await ask(clientOf([server.address]), 'A', 'x.test')).addresses.length, 1);
  assert.equal(server.asked.length, 2);
});

test('what does not answer the question is passed over', async (t) => {
  const server = await zone(t, a('x.test', '127.1.0.1'));
  server.forge = (answer) => [
    { ...answer, id: (answer.id! + 1) % 65_536, answers: [a('x.test', '127.6.6.1')] },
    { ...answer, type: 'query' },
    { ...answer, questions: [{ type: 'A', name: 'y.test' }], answers: [a('y.test', '127.6.6.2')] },
    { ...answer, questions: [{ type: 'AAAA', name: 'x.test' }] },
    { ...answer, questions: [] },
  ];
  const { addresses } = await ask(clientOf([server.address]), 'A', 'x.test');
  assert.deepEqual(
    addresses.map(({ address }) => address),
    ['127.1.0.1'],
  );
});

test('records of another name are no answer, and do not say that there is none', async (t) => {
  const server = await zone(t, a('x.test', '127.1.0.1'));
  server.forge = (answer) => [{ ...answer, answers: [a('y.test', '127.6.6.1')] }];
  await assert.rejects(ask(clientOf([server.address]), 'A', 'x.test'), {
    code: 'EK_DNS_FAILED',
    message: /the records are not those that were asked for/,
  });
});

test('a server that drops what has EDNS is asked without in the second round', async (t) => {
  const server = await zone(t, a('x.test', '127.1.0.1'));
  const clock = new ManualClock();
  server.drops = ({ additionals = [] }) => additionals.length > 0;
  const asked = ask(clientOf([server.address], { clock, timeoutMs: 1_000, attempts: 2 }), 'A', 'x.test');
  await server.untilAsked(1);
  clock.advance(1_000);
  assert.equal((await asked).kind, 'records');
  assert.equal(server.asked.length, 2);
});

test('an alias whose own records are elsewhere is asked for', async (t) => {
  const server = await zone(t, { type: 'CNAME', name: 'www.test', data: 'x.test' }, a('x.test', '127.1.0.1'));
  server.replace = (answer) => ({ ...answer, answers: answer.answers!.slice(0, 1) });
  const { addresses } = await ask(clientOf([server.address]), 'A', 'www.test');
  assert.deepEqual(
    addresses.map(({ address }) => address),
    ['127.1.0.1'],
  );
  assert.deepEqual(server.asked, ['udp A www.test', 'udp A x.test']);
});

test('aliases that lead in a circle, within one answer or over several, are a failure', async (t) => {
  const circle: Answer[] = ['1', '2', '3'].map((n, index, all) => {
    const data = `${all[(index + 1) % all.length]}.test`;
    return { type: 'CNAME', name: `${n}.test`, data };
  });
  const server = await zone(t);
  server.replace = (answer) => ({ ...answer, answers: circle, authorities: [], flags: 0 });
  await assert.rejects(ask(clientOf([server.address]), 'A', '1.test'), { code: 'EK_DNS_FAILED', message: /circle/ });
  server.replace = ({ questions, ...answer }) => {
    const own = circle.filter(({ name }) => name === questions![0]!.name);
    return { ...answer, questions, answers: own, authorities: [], flags: 0 };
  };
  await assert.rejects(ask(clientOf([server.address]), 'A', '1.test'), { code: 'EK_DNS_FAILED', message: /circle/ });
});

test('an SRV name that one server does not know is asked of the others before that is believed', async (t) => {
  const srv: Answer = { type: 'SRV', name: '_grpc._tcp.x.test', data: { port: 1, target: 'x.test' } };
  const [empty, good] = [await zone(t), await zone(t, srv)];
  const client = clientOf([empty.address, good.address]);
  assert.equal((await ask(client, 'SRV', '_grpc._tcp.x.test')).kind, 'records');
  assert.equal((await ask(client, 'SRV', '_grpc._tcp.x.test')).kind, 'records');
  assert.deepEqual([empty.asked.length, good.asked.length], [1, 2]);
  good.mode = 'SERVFAIL';
  assert.equal((await ask(client, 'SRV', '_grpc._tcp.x.test')).kind, 'nxdomain', 'nobody has records');
});

test('query ids are not to be guessed', async (t) => {
  const server = await zone(t, a('x.test', '127.1.0.1'));
  const ids = new Set<number>();
  server.forge = ({ id }) => {
    ids.add(id!);
    return [];
  };
  const client = clientOf([server.address]);
  for (let count = 0; count < 20; count++) await ask(client, 'A', 'x.test');
  assert.ok(ids.size > 15, `${[...ids]}`);
});

test('a failure names every server and what it said', async (t) => {
  const servfail = await zone(t);
  servfail.mode = 'SERVFAIL';
  const refused = await zone(t);
  refused.mode = 'REFUSED';
  const gone = await ZoneServer.start();
  await gone.close();
  const client = clientOf([servfail.address, refused.address, gone.address]);
  await assert.rejects(ask(client, 'SRV', 'x.test'), (error: EvenkeelError) => {
    assert.equal(error.code, 'EK_DNS_FAILED');
    const said = `127.0.0.1:${servfail.address.port}: SERVFAIL; 127.0.0.1:${refused.address.port}: REFUSED; `;
    assert.ok(error.message.includes(said), error.message);
    assert.match(error.message, /^no usable answer for SRV x\.test \(/);
    return true;
  });
});

test('a server that fails is passed over, and the one that answered is asked first from then on', async (t) => {
  const failing = await zone(t);
  failing.mode = 'SERVFAIL';
  const good = await zone(t, a('x.test', '127.1.0.1'));
  const client = clientOf([failing.address, good.address]);
  for (let count = 0; count < 3; count++) assert.equal((await ask(client, 'A', 'x.test')).kind, 'records');
  assert.equal(failing.asked.length, 1);
  assert.equal(good.asked.length, 3);
});

test('a server that does not answer has its time and its attempts', async (t) => {
  const silent = await silentServer(t);
  const clock = new ManualClock();
  const client = clientOf([silent], { clock, timeoutMs: 1_000, attempts: 2 });
  let ended = false;
  const asked = assert
    .rejects(ask(client, 'A', 'x.test'), { code: 'EK_DNS_FAILED', message: /no answer in 1000 ms/ })
    .finally(() => {
      ended = true;
    });
  clock.advance(999);
  assert.equal(clock.pending, 1);
  let expired = 0;
  while (!ended) {
    if (clock.pending > 0) {
      clock.advance(1_000);
      expired += 1;
    }
    await new Promise(setImmediate);
  }
  await asked;
  assert.equal(expired, 2);
});

test('a question can be given up', async (t) => {
  const silent = await silentServer(t);
  const giveUp = new AbortController();
  const clock = new ManualClock();
  const client = clientOf([silent], { clock, maxInFlight: 1, attempts: 3 });
  const asked = [ask(client, 'A', 'x.test', giveUp.signal), ask(client, 'A', 'y.test', giveUp.signal)];
  giveUp.abort(new Error('not needed any more'));
  for (const one of asked) await assert.rejects(one, { message: 'not needed any more' });
  assert.equal(clock.pending, 0);
});

test('no more questions than allowed are in flight, and all are answered', async (t) => {
  const server = await zone(t, a('x.test', '127.1.0.1'));
  server.mode = 'silent';
  const giveUp = new AbortController();
  const client = clientOf([server.address], { maxInFlight: 2 });
  const held = [1, 2].map(() => ask(client, 'A', 'x.test', giveUp.signal));
  const others = [1, 2, 3].map(() => ask(client, 'A', 'x.test'));
  await server.untilAsked(2);
  server.mode = 'answer';
  assert.equal(server.asked.length, 2);
  giveUp.abort(new Error('enough'));
  for (const one of held) await assert.rejects(one, /enough/);
  assert.equal((await Promise.all(others)).length, 3);
  assert.equal(server.asked.length, 5);
});

test('a slot that was handed on is free again afterwards, once', async (t) => {
  const server = await zone(t, a('x.test', '127.1.0.1'));
  const client = clientOf([server.address], { maxInFlight: 2 });
  await Promise.all([1, 2, 3, 4, 5].map(() => ask(client, 'A', 'x.test')));
  server.mode = 'silent';
  const giveUp = new AbortController();
  const held = [1, 2, 3].map(() => ask(client, 'A', 'x.test', giveUp.signal));
  await server.untilAsked(7);
  for (let count = 0; count < 20; count++) await new Promise(setImmediate);
  assert.equal(server.asked.length, 7, 'two are in flight, neither less nor more');
  giveUp.abort(new Error('enough'));
  for (const one of held) await assert.rejects(one, /enough/);
});

test('servers are IP literals, with a port if it is not 53', () => {
  assert.deepEqual(parseDnsServer('10.0.0.1'), { host: '10.0.0.1', port: 53 });
  assert.deepEqual(parseDnsServer('10.0.0.1:1053'), { host: '10.0.0.1', port: 1053 });
  assert.deepEqual(parseDnsServer('fd00::a'), { host: 'fd00::a', port: 53 });
  assert.deepEqual(parseDnsServer('[fd00::a]:1053'), { host: 'fd00::a', port: 1053 });
  for (const text of ['', 'ns1', 'ns1:53', '10.0.0.1:0', '10.0.0.1:99999', '10.0.0.1:', '[10.0.0.1', '::1:x']) {
    assert.throws(() => parseDnsServer(text), { code: 'EK_CONFIG_INVALID' }, text);
  }
});

test('the system’s servers are those of resolv.conf, else the local one', () => {
  const text = existsSync('/etc/resolv.conf') ? readFileSync('/etc/resolv.conf', 'utf8') : '';
  const named = [...text.matchAll(/^nameserver\s+(\S+)/gm)].map(([, address]) => address!).filter((one) => isIP(one));
  assert.deepEqual(
    systemServers().map(({ host }) => host),
    named.length > 0 ? named : ['127.0.0.1'],
  );
});
