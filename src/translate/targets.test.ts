import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServicePort } from '../model/service.ts';
import { aliasesOf, canonicalName, parseTarget, whyNotServed } from './targets.ts';

function port(number: number, name = '', appProtocol?: string): ServicePort {
  return { port: number, name, appProtocol, endpoints: [] };
}

function service(ports: ServicePort[], name = 'be1-srv', namespace = 'default'): Service {
  return { name, namespace, ports, policy: {} };
}

const names = (found: readonly { listener: string }[]) => found.map(({ listener }) => listener);

test('every form of a target is understood', () => {
  const all = { namespace: undefined, port: undefined };
  assert.deepEqual(parseTarget('be1-srv'), { ...all, name: 'be1-srv' });
  assert.deepEqual(parseTarget('be1-srv:grpc'), { ...all, name: 'be1-srv', port: 'grpc' });
  assert.deepEqual(parseTarget('be1-srv.shop:50051'), { name: 'be1-srv', namespace: 'shop', port: '50051' });
  assert.deepEqual(parseTarget('be1-srv.shop.svc'), { ...all, name: 'be1-srv', namespace: 'shop' });
  assert.deepEqual(parseTarget('be1-srv.shop.svc.cluster.local'), { ...all, name: 'be1-srv', namespace: 'shop' });
  assert.deepEqual(parseTarget('a.b.svc.example.org:1', 'example.org'), { name: 'a', namespace: 'b', port: '1' });
});

test('what is no target says why', () => {
  const reasons: Record<string, RegExp> = {
    'be1-srv.shop.svc.cluster.local.:50051': /no dot at its end/,
    'xdstp://authority/envoy.config.listener.v3.Listener/x': /reserved/,
    'a:1:2': /more than one colon/,
    'a:': /without a port/,
    '': /lower-case/,
    'A.b': /lower-case/,
    'a.B': /lower-case/,
    'a..svc': /lower-case/,
    'a.b.svc.example.org': /after the namespace comes \.svc or \.svc\.cluster\.local/,
    'a.b.c': /not \.c/,
  };
  for (const [text, reason] of Object.entries(reasons)) {
    const parsed = parseTarget(text);
    assert.ok('reason' in parsed, text);
    assert.match(parsed.reason, reason);
  }
});

test('a Service is served under its bare name in its namespace and under full names everywhere', () => {
  const { aliases, refused } = aliasesOf(service([port(50051, 'grpc')]));
  assert.deepEqual(refused, []);
  assert.deepEqual(names(aliases.filter(({ scope }) => scope === 'namespace')), [
    'be1-srv',
    'be1-srv:50051',
    'be1-srv:grpc',
  ]);
  assert.deepEqual(names(aliases.filter(({ scope }) => scope === 'shared')), [
    'be1-srv.default',
    'be1-srv.default:50051',
    'be1-srv.default:grpc',
    'be1-srv.default.svc',
    'be1-srv.default.svc:50051',
    'be1-srv.default.svc:grpc',
    'be1-srv.default.svc.cluster.local',
    'be1-srv.default.svc.cluster.local:50051',
    'be1-srv.default.svc.cluster.local:grpc',
  ]);
  assert.ok(aliases.every((alias) => alias.port === 50051));
});

test('every alias parses back to its Service', () => {
  for (const { listener, scope } of aliasesOf(service([port(80, 'web'), port(50051, 'grpc')])).aliases) {
    const parsed = parseTarget(listener);
    assert.ok(!('reason' in parsed));
    assert.equal(parsed.name, 'be1-srv');
    assert.equal(parsed.namespace, scope === 'shared' ? 'default' : undefined);
  }
});

test('with several gRPC ports the names without a port are served too, and lead to one of them', () => {
  const { aliases, refused } = aliasesOf(service([port(1, 'grpc-a'), port(2, 'grpc-b')]));
  assert.deepEqual(refused, []);
  assert.deepEqual(
    aliases.filter(({ scope }) => scope === 'namespace').map(({ listener, port: to }) => [listener, to]),
    [
      ['be1-srv', 1],
      ['be1-srv:1', 1],
      ['be1-srv:2', 2],
      ['be1-srv:grpc-a', 1],
      ['be1-srv:grpc-b', 2],
    ],
  );
});

test('a port that is added takes no name away that is served', () => {
  const served = (ports: ServicePort[]) => new Set(names(aliasesOf(service(ports)).aliases));
  const more = [port(80), port(8080, 'http'), port(7000, 'grpc'), port(7001, 'grpc-web'), port(7002, 'grpc-admin')];
  for (const one of [port(50051), port(50051, 'api'), port(50051, 'grpc'), port(50051, 'grpc-api')]) {
    for (const other of more.filter(({ name }) => name === '' || name !== one.name)) {
      for (const both of [served([one, other]), served([other, one])]) {
        assert.ok(served([one]).isSubsetOf(both), `${one.name} ${one.port} beside ${other.name} ${other.port}`);
      }
    }
  }
});

test('ports that are not gRPC are reachable by naming them', () => {
  const { aliases } = aliasesOf(service([port(80, 'http'), port(50051, 'grpc')]));
  assert.equal(aliases.find(({ listener }) => listener === 'be1-srv')?.port, 50051);
  assert.equal(aliases.find(({ listener }) => listener === 'be1-srv:http')?.port, 80);
});

test('further numbers lead to the same port, unless they are the number of another one', () => {
  const ports = [
    { ...port(50052, 'grpc'), otherNumbers: [50051, 9000, 50053] },
    { ...port(9000, 'admin'), otherNumbers: [50053] },
  ];
  const { aliases } = aliasesOf(service(ports));
  const own = aliases.filter(({ scope }) => scope === 'namespace').map(({ listener, port: to }) => `${listener} ${to}`);
  assert.deepEqual(own, [
    'be1-srv 50052',
    'be1-srv:50052 50052',
    'be1-srv:9000 9000',
    'be1-srv:50051 50052',
    'be1-srv:50053 50052',
    'be1-srv:grpc 50052',
    'be1-srv:admin 9000',
  ]);
});

test('names that would be read as xdstp URIs are not served', () => {
  const { aliases, refused } = aliasesOf(service([port(50051, 'grpc')], 'xdstp'));
  assert.deepEqual(names(refused), ['xdstp:50051', 'xdstp:grpc']);
  assert.ok(names(aliases).includes('xdstp'));
  assert.ok(names(aliases).includes('xdstp.default:50051'));
});

test('what cannot be told apart is refused with its reason', () => {
  assert.match(aliasesOf(service([port(1)], 'a.b')).refused[0]!.reason, /lower-case/);
  assert.deepEqual(aliasesOf(service([port(1)], 'a.b')).aliases, []);

  const twice = aliasesOf(service([port(53, 'dns'), port(53, 'dns-tcp')]));
  assert.match(twice.refused[0]!.reason, /53 occurs more than once/);

  const renamed = aliasesOf(service([port(1, '2'), port(2, 'two'), port(3, 'two')]));
  assert.equal(renamed.aliases.find(({ listener }) => listener === 'be1-srv:2')?.port, 2);
  assert.equal(renamed.aliases.find(({ listener }) => listener === 'be1-srv:two')?.port, 2);
  assert.ok(renamed.refused.some(({ reason }) => /port 1 is reached by number/.test(reason)));
  assert.ok(renamed.refused.some(({ reason }) => /port 3 is reached by number/.test(reason)));

  const own = aliasesOf(service([port(2, '2'), port(3, 'Admin_1')]));
  assert.deepEqual(
    own.refused.filter(({ listener }) => listener.startsWith('be1-srv:')),
    [{ listener: 'be1-srv:Admin_1', reason: 'a port name is lower-case letters, digits and dashes' }],
    'a port that is called by its own number is no contradiction',
  );

  const portless = aliasesOf(service([]));
  assert.deepEqual(portless.aliases, []);
  assert.deepEqual(portless.refused[0], { listener: 'be1-srv', reason: 'the Service has no port' });

  const names2 = names(renamed.aliases);
  assert.equal(new Set(names2).size, names2.length);
});

test('a client that asks for what is not served is told why', () => {
  const known = service([port(1, 'grpc-a'), port(2, 'grpc-b')], 'orders', 'shop');
  const why = (listener: string, namespace = 'shop') =>
    whyNotServed(listener, namespace, (id) => (id.name === 'orders' && id.namespace === 'shop' ? known : undefined));
  assert.equal(why('orders:1'), undefined);
  assert.equal(why('orders.shop:grpc-b', 'default'), undefined);
  assert.equal(why('orders'), undefined);
  assert.match(why('orders:3')!, /Service shop\/orders has no port 3/);
  assert.match(why('orders:1', 'default')!, /no Service default\/orders \(the namespace is the client's\)/);
  assert.match(why('cart.shop')!, /no Service shop\/cart$/);
  assert.match(why('xdstp://x')!, /reserved/);
  const odd = service([port(1, '2'), port(2, 'two')], 'odd', 'shop');
  assert.match(whyNotServed('odd:nine', 'shop', () => odd)!, /Service shop\/odd has no port nine/);
  const twice = service([port(1, 'a'), port(2, 'b'), port(3, 'b')], 'twice', 'shop');
  assert.equal(
    whyNotServed('twice:b', 'shop', () => twice),
    undefined,
    'the first one of the name is served',
  );
  const bad = service([port(1, 'a'), port(3, 'Admin_1')], 'bad', 'shop');
  assert.match(whyNotServed('bad:Admin_1', 'shop', () => bad)!, /a port name is lower-case/);
});

test('route, cluster and assignment of a Service port share one name', () => {
  assert.equal(canonicalName({ namespace: 'default', name: 'be1-srv' }, 50051), 'default/be1-srv:50051');
});
