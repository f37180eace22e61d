import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Answer } from 'dns-packet';
import { ManualClock } from '../../base/clock.ts';
import { EvenkeelError } from '../../base/errors.ts';
import { type CaseService, type DiscoveryDriver, discoveryCases } from '../testing/cases.ts';
import { RecordingObserver } from '../testing/recording-observer.ts';
import { ZoneServer } from '../testing/zone-server.ts';
import type { DnsResolver } from './dns-client.ts';
import { DnsDiscovery, type DnsDiscoveryOptions } from './dns-discovery.ts';
import type { DnsAnswer, Question } from './dns-message.ts';
import type { DnsService } from './dns-service.ts';

const domain = 'cluster.local';

function configured(name: string, more: Partial<DnsService> = {}): DnsService {
  return { namespace: 'default', name, ports: [{ portName: 'grpc', protocol: 'tcp' }], policy: {}, ...more };
}

function srv(service: string, target: string, port = 50051, more: { priority?: number; weight?: number } = {}): Answer {
  const name = `_grpc._tcp.${service}.default.svc.${domain}`;
  return { type: 'SRV', name, ttl: 0, data: { priority: 0, weight: 50, port, target, ...more } };
}

function address(name: string, data: string): Answer {
  return { type: data.includes(':') ? 'AAAA' : 'A', name, data, ttl: 0 };
}

/** The zone of a cluster with these Services, as Kubernetes has it. */
function serveServices(server: ZoneServer, services: readonly CaseService[]): void {
  const empty: string[] = [];
  const records = services.flatMap(({ name, endpoints }) => {
    const ready = endpoints.filter(({ terminating }) => terminating !== true);
    if (ready.length === 0) empty.push(`_grpc._tcp.${name}.default.svc.${domain}`);
    return ready.flatMap((endpoint) => {
      const target = `${endpoint.address.replaceAll('.', '-')}.${name}.default.svc.${domain}`;
      return [srv(name, target), address(target, endpoint.address)];
    });
  });
  server.serve(records, empty);
}

/** Short intervals: what is waited for in these tests is events. */
const quick = { clusterDomain: domain, minIntervalMs: 5, maxIntervalMs: 10, timeoutMs: 30_000, attempts: 1 };

async function zone(t: TestContext): Promise<ZoneServer> {
  const server = await ZoneServer.start();
  t.after(() => server.close());
  return server;
}

for (const along of [true, false]) {
  for (const { name, run } of discoveryCases) {
    test(`dns, ${along ? 'addresses along with SRV' : 'addresses asked for'}: ${name}`, async (t) => {
      const server = await zone(t);
      server.along = along;
      const driver: DiscoveryDriver = {
        can: { remove: false, terminating: false },
        async tell(services) {
          serveServices(server, services);
          server.mode = 'answer';
        },
        async fail() {
          server.mode = 'SERVFAIL';
        },
        discovery: () =>
          new DnsDiscovery({ ...quick, services: [configured('a'), configured('b')], servers: [server.address] }),
      };
      await run(driver);
    });
  }
}

async function observing(t: TestContext, options: Partial<DnsDiscoveryOptions>): Promise<RecordingObserver> {
  const observer = new RecordingObserver();
  const discovery = new DnsDiscovery({ ...quick, services: [configured('a')], ...options });
  await discovery.start(observer);
  t.after(() => discovery.stop());
  return observer;
}

/** The endpoints of `default/a` as `address:port*weight`, once synced. */
async function endpointsIn(t: TestContext, server: ZoneServer): Promise<string> {
  const observer = await observing(t, { servers: [server.address] });
  await observer.until('it is synced', ({ isSynced }) => isSynced);
  const endpoints = observer.services.get('default/a')?.ports[0]?.endpoints ?? [];
  return endpoints.map(({ address, port, weight = '-' }) => `${address} ${port} ${weight}`).join(', ');
}

for (const along of [true, false]) {
  test(`a target with both kinds of addresses counts with IPv4 (${along ? 'along' : 'asked for'})`, async (t) => {
    const server = await zone(t);
    server.along = along;
    server.serve([
      srv('a', 'both.test'),
      address('both.test', 'fd00::1'),
      address('both.test', '127.1.0.1'),
      srv('a', 'six.test'),
      address('six.test', 'FD00:0::2'),
    ]);
    assert.equal(await endpointsIn(t, server), '127.1.0.1 50051 -, fd00::2 50051 -');
  });
}

test('only the best priority counts, and weights count where they differ', async (t) => {
  const server = await zone(t);
  server.serve([
    srv('a', 'x.test', 50051, { priority: 1, weight: 0 }),
    srv('a', 'y.test', 50052, { priority: 1, weight: 30 }),
    srv('a', 'z.test', 50051, { priority: 2, weight: 90 }),
    address('x.test', '127.1.0.1'),
    address('y.test', '127.1.0.2'),
    address('z.test', '127.1.0.3'),
  ]);
  assert.equal(await endpointsIn(t, server), '127.1.0.1 50051 1, 127.1.0.2 50052 30');
});

test('a target that does not exist, a port 0 and the target "." are no endpoints', async (t) => {
  const server = await zone(t);
  server.serve([
    srv('a', 'gone.test'),
    srv('a', 'x.test', 0),
    srv('a', '.'),
    srv('a', 'x.test'),
    address('x.test', '127.1.0.1'),
  ]);
  assert.equal(await endpointsIn(t, server), '127.1.0.1 50051 -');
});

test('a name that does not exist is a Service without endpoints, and degraded until it appears', async (t) => {
  const server = await zone(t);
  serveServices(server, []);
  const observer = await observing(t, { servers: [server.address] });
  await observer.until('it is synced', ({ isSynced }) => isSynced);
  assert.deepEqual(observer.services.get('default/a')?.ports, []);
  assert.equal(observer.error?.code, 'EK_DNS_NAME');
  assert.equal(observer.error?.exitCode, 2);
  assert.match(observer.error?.message ?? '', /_grpc\._tcp\.a\.default\.svc\.cluster\.local does not exist/);
  serveServices(server, [{ name: 'a', endpoints: [{ address: '127.1.0.1' }] }]);
  await observer.until('it appeared', ({ error }) => error === undefined);
  assert.equal(observer.services.get('default/a')?.ports[0]?.endpoints.length, 1);
  serveServices(server, []);
  await observer.until('it went', () => observer.services.get('default/a')?.ports[0]?.endpoints.length === 0);
  assert.equal(observer.error, undefined, 'a Service that was scaled to nothing is no mistake');
});

test('a configured port is told before anything is found', async (t) => {
  const server = await zone(t);
  serveServices(server, []);
  const service = configured('a', {
    ports: [{ portName: 'grpc', protocol: 'tcp', port: 80 }],
    policy: { healthCheck: { protocol: 'tcp', grpcService: '' } },
    locality: { region: 'r', zone: 'z', subZone: '' },
  });
  const observer = await observing(t, { servers: [server.address], services: [service] });
  await observer.until('it is synced', ({ isSynced }) => isSynced);
  const { policy, locality, namespace, name } = service;
  const ports = [{ port: 80, name: 'grpc', appProtocol: 'grpc', endpoints: [] }];
  assert.deepEqual(observer.services.get('default/a'), { namespace, name, ports, policy, locality });
});

test('it is not synced while a name has no definitive answer', async (t) => {
  const server = await zone(t);
  server.mode = 'SERVFAIL';
  const observer = await observing(t, { servers: [server.address] });
  await observer.until('the failure was told', ({ error }) => error !== undefined);
  await server.untilAsked(5);
  assert.equal(observer.isSynced, false);
  assert.equal(observer.services.size, 0);
  serveServices(server, []);
  server.mode = 'answer';
  await observer.until('it is synced', ({ isSynced }) => isSynced);
});

test('without Services it is synced at once', async (t) => {
  assert.equal((await observing(t, { services: [] })).isSynced, true);
});

/** Answers as the test says, so that time is the only thing that passes. */
class ScriptedResolver implements DnsResolver {
  readonly asked: string[] = [];
  readonly answers = new Map<string, Partial<DnsAnswer> | Error>();

  async query({ name, type }: Question): Promise<DnsAnswer> {
    this.asked.push(`${type} ${name.split('.')[0]} ${name.split('.')[2]}`);
    const answer = this.answers.get(`${type} ${name}`);
    if (answer === undefined) return { kind: 'nxdomain', srv: [], addresses: [], along: new Map() };
    if (answer instanceof Error) throw answer;
    return { kind: 'records', srv: [], addresses: [], along: new Map(), ...answer };
  }

  answer(port: string, service: string, answer: Partial<DnsAnswer> | Error): void {
    this.answers.set(`SRV _${port}._tcp.${service}.default.svc.${domain}`, answer);
  }
}

function found(address: string, ttlSeconds: number, port = 50051): Partial<DnsAnswer> {
  return {
    srv: [{ ttlSeconds, priority: 0, weight: 0, port, target: 'x' }],
    along: new Map([['x', [{ ttlSeconds: ttlSeconds + 1, address }]]]),
  };
}

const failure = new EvenkeelError('EK_DNS_FAILED', 'no usable answer');

async function scripted(t: TestContext, ...services: DnsService[]) {
  const clock = new ManualClock();
  const resolver = new ScriptedResolver();
  const intervals = { minIntervalMs: 1_000, maxIntervalMs: 5_000 };
  const start = () => observing(t, { ...intervals, resolver, clock, random: () => 1, services });
  return { clock, resolver, start };
}

/** Milliseconds until the next question is asked. */
async function untilAsked(clock: ManualClock, resolver: ScriptedResolver): Promise<number> {
  const { length } = resolver.asked;
  const from = clock.now();
  while (resolver.asked.length === length) clock.advance(1);
  await turn();
  return clock.now() - from;
}

test('a name is asked for again after its TTL, within the interval', async (t) => {
  const { clock, resolver, start } = await scripted(t, configured('a'));
  resolver.answer('grpc', 'a', found('127.1.0.1', 3));
  await start();
  await turn();
  const delays: number[] = [];
  for (const ttl of [0, 1, 4, 5, 60]) {
    resolver.answer('grpc', 'a', found('127.1.0.1', ttl));
    delays.push(await untilAsked(clock, resolver));
  }
  resolver.answer('grpc', 'a', { kind: 'nodata', negativeTtlSeconds: 2 });
  delays.push(await untilAsked(clock, resolver), await untilAsked(clock, resolver));
  assert.deepEqual(delays, [3_000, 1_000, 1_000, 4_000, 5_000, 5_000, 2_000]);
});

test('after failures it is asked for again later and later, until it answers', async (t) => {
  const { clock, resolver, start } = await scripted(t, configured('a'));
  resolver.answer('grpc', 'a', failure);
  await start();
  await turn();
  const delays: number[] = [];
  for (let count = 0; count < 5; count++) delays.push(await untilAsked(clock, resolver));
  resolver.answer('grpc', 'a', found('127.1.0.1', 0));
  delays.push(await untilAsked(clock, resolver));
  resolver.answer('grpc', 'a', failure);
  delays.push(await untilAsked(clock, resolver), await untilAsked(clock, resolver));
  assert.deepEqual(delays, [1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 1_000, 1_000]);
});

test('one target that cannot be resolved fails the name and takes nothing away', async (t) => {
  const { clock, resolver, start } = await scripted(t, configured('a'));
  resolver.answer('grpc', 'a', found('127.1.0.1', 0));
  const observer = await start();
  await turn();
  const two = ['x', 'y'].map((target) => ({ ttlSeconds: 0, priority: 0, weight: 0, port: 50051, target }));
  resolver.answer('grpc', 'a', { ...found('127.1.0.1', 0), srv: two });
  resolver.answers.set('A y', failure);
  await untilAsked(clock, resolver);
  assert.equal(observer.error?.code, 'EK_DNS_FAILED');
  assert.equal(observer.upsertsOf('default/a'), 1);
});

test('the ports of a Service are told together, once all of them are known', async (t) => {
  const ports = ['grpc', 'grpc-admin'].map((portName) => ({ portName, protocol: 'tcp' as const }));
  const { clock, resolver, start } = await scripted(t, configured('a', { ports }));
  resolver.answer('grpc', 'a', found('127.1.0.1', 0));
  resolver.answer('grpc-admin', 'a', failure);
  const observer = await start();
  await turn();
  assert.deepEqual([observer.services.size, observer.isSynced], [0, false]);
  resolver.answer('grpc-admin', 'a', found('127.1.0.1', 0, 50052));
  await untilAsked(clock, resolver);
  await turn();
  assert.deepEqual(
    observer.services.get('default/a')?.ports.map(({ name, port }) => `${name} ${port}`),
    ['grpc 50051', 'grpc-admin 50052'],
  );
  assert.equal(observer.isSynced, true);
});

test('several names that fail are one report that counts them', async (t) => {
  const { clock, resolver, start } = await scripted(t, configured('a'), configured('b'), configured('c'));
  for (const service of ['a', 'b']) resolver.answer('grpc', service, failure);
  const observer = await start();
  await turn();
  assert.match(
    observer.error?.message ?? '',
    /^no usable answer \(and 2 more of the configured names: default\/b:grpc, default\/c:grpc\)$/,
  );
  for (const service of ['a', 'b', 'c']) resolver.answer('grpc', service, found('127.1.0.1', 0));
  await untilAsked(clock, resolver);
  await turn();
  assert.equal(observer.error, undefined);
});

test('a rollout that changes the port takes no number away, and the Service keeps its port', async (t) => {
  const { clock, resolver, start } = await scripted(t, configured('a'));
  const both = (...ports: number[]): Partial<DnsAnswer> => ({
    srv: ports.map((port) => ({ ttlSeconds: 0, priority: 0, weight: 0, port, target: `p${port}` })),
    along: new Map(ports.map((port) => [`p${port}`, [{ ttlSeconds: 0, address: `127.1.0.${port % 100}` }]])),
  });
  const ports = () =>
    observer.services
      .get('default/a')
      ?.ports.map(({ port, otherNumbers = [], endpoints }) => [
        [port, ...otherNumbers].join(' '),
        endpoints.map((one) => one.port).join(' '),
      ]);
  resolver.answer('grpc', 'a', both(50_052));
  const observer = await start();
  await turn();
  assert.deepEqual(ports(), [['50052', '50052']]);
  resolver.answer('grpc', 'a', both(50_051, 50_052));
  await untilAsked(clock, resolver);
  assert.deepEqual(ports(), [['50052 50051', '50051 50052']]);
  resolver.answer('grpc', 'a', both(50_051));
  await untilAsked(clock, resolver);
  assert.deepEqual(ports(), [['50052 50051', '50051']]);
  resolver.answer('grpc', 'a', { kind: 'nodata' });
  await untilAsked(clock, resolver);
  assert.deepEqual(ports(), [['50052 50051', '']]);
});

test('of ever new ports the first and those of now are remembered, and no more than sixteen', async (t) => {
  const { clock, resolver, start } = await scripted(t, configured('a'));
  resolver.answer('grpc', 'a', found('127.1.0.1', 0, 1_000));
  const observer = await start();
  await turn();
  for (let port = 1_001; port <= 1_040; port++) {
    resolver.answer('grpc', 'a', found('127.1.0.1', 0, port));
    await untilAsked(clock, resolver);
  }
  const { port, otherNumbers = [] } = observer.services.get('default/a')!.ports[0]!;
  assert.deepEqual([port, otherNumbers.length, otherNumbers.at(-1)], [1_000, 15, 1_040]);
});

test('a configured port is the only number, whatever the records say', async (t) => {
  const service = configured('a', { ports: [{ portName: 'grpc', protocol: 'tcp', port: 80 }] });
  const { resolver, start } = await scripted(t, service);
  resolver.answer('grpc', 'a', found('127.1.0.1', 0, 50_051));
  const observer = await start();
  await turn();
  const [port] = observer.services.get('default/a')!.ports;
  assert.deepEqual([port?.port, port?.otherNumbers, port?.endpoints[0]?.port], [80, undefined, 50_051]);
});

test('two ports that are told with one number are one, and a problem', async (t) => {
  const ports = ['grpc', 'grpc-admin'].map((portName) => ({ portName, protocol: 'tcp' as const }));
  const { resolver, start } = await scripted(t, configured('a', { ports }));
  for (const port of ['grpc', 'grpc-admin']) resolver.answer(port, 'a', found('127.1.0.1', 0));
  const observer = await start();
  await turn();
  const { ports: told, problems } = observer.services.get('default/a')!;
  assert.deepEqual(
    told.map(({ name }) => name),
    ['grpc'],
  );
  assert.deepEqual(problems, ['port 50051 is told as grpc and as grpc-admin; the first is served']);
});

test('a name that nobody answers for does not keep the others waiting for ever', async (t) => {
  const { clock, resolver } = await scripted(t);
  resolver.answer('grpc', 'a', found('127.1.0.1', 60));
  resolver.answer('grpc', 'b', failure);
  const services = [configured('a'), configured('b')];
  const observer = new RecordingObserver();
  const discovery = new DnsDiscovery({ ...quick, maxIntervalMs: 5_000, resolver, clock, random: () => 1, services });
  await discovery.start(observer);
  t.after(() => discovery.stop());
  await turn();
  clock.advance(9_999);
  assert.equal(observer.isSynced, false);
  assert.match(discovery.undecided({ namespace: 'default', name: 'b' }) ?? '', /_grpc\._tcp\.b\..*: no usable answer/);
  assert.equal(discovery.undecided({ namespace: 'default', name: 'a' }), undefined);
  assert.equal(discovery.undecided({ namespace: 'default', name: 'c' }), undefined, 'that one is not configured');
  clock.advance(1);
  assert.equal(observer.isSynced, true);
  assert.deepEqual([...observer.services.keys()], ['default/a']);
  await turn();
  resolver.answer('grpc', 'b', found('127.1.0.2', 60));
  await untilAsked(clock, resolver);
  await turn();
  assert.deepEqual([...observer.services.keys()], ['default/a', 'default/b']);
  assert.equal(discovery.undecided({ namespace: 'default', name: 'b' }), undefined);
  assert.equal(observer.error, undefined);
  clock.advance(60_000);
  assert.equal(observer.events.filter(({ kind }) => kind === 'synced').length, 1);
});

test('its last word is as old as the last answer for the name that has been without one for longest', async (t) => {
  const { clock, resolver } = await scripted(t);
  for (const service of ['a', 'b']) resolver.answer('grpc', service, found('127.1.0.1', 5));
  const services = [configured('a'), configured('b')];
  const intervals = { minIntervalMs: 1_000, maxIntervalMs: 5_000 };
  const discovery = new DnsDiscovery({ ...quick, ...intervals, resolver, clock, random: () => 1, services });
  assert.equal(discovery.lastWordAgeMs(), undefined);
  await discovery.start(new RecordingObserver());
  t.after(() => discovery.stop());
  await turn();
  assert.equal(discovery.lastWordAgeMs(), 0);
  resolver.answer('grpc', 'b', failure);
  clock.advance(5_000);
  await turn();
  assert.equal(discovery.lastWordAgeMs(), 5_000);
  resolver.answer('grpc', 'b', found('127.1.0.1', 5));
  clock.advance(1_000);
  await turn();
  assert.equal(discovery.lastWordAgeMs(), 1_000, 'that of a');
});
