import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { SnapshotCache, typeUrls } from '@evenkeel/xds';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { toEvenkeelError } from '../base/errors.ts';
import { type Endpoint, nowhere } from '../model/endpoint.ts';
import type { Service } from '../model/service.ts';
import { translateService } from './translate-service.ts';

function endpoint(address: string, more: Partial<Endpoint> = {}): Endpoint {
  const conditions = { ready: true, serving: true, terminating: false };
  return { address, port: 50051, conditions, locality: nowhere, ...more };
}

function service(endpoints: Endpoint[], more: Partial<Service> = {}): Service {
  return {
    namespace: 'default',
    name: 'be1-srv',
    ports: [
      { port: 50051, name: 'grpc', endpoints },
      { port: 9000, name: 'admin', endpoints: [endpoint('10.0.0.1', { port: 9000 })] },
    ],
    policy: {},
    ...more,
  };
}

test('a change of endpoints encodes the assignment that it touches and nothing else', () => {
  const before = translateService(service([endpoint('10.0.0.1')]));
  const after = translateService(service([endpoint('10.0.0.1'), endpoint('10.0.0.2')]), before);
  assert.equal(after.shared, before.shared);
  assert.equal(after.own, before.own);
  assert.equal(after.assignments.get(9000), before.assignments.get(9000));
  assert.notEqual(after.assignments.get(50051)?.version, before.assignments.get(50051)?.version);
});

test('the same Service has the same bytes, whatever came before and in whatever order it is told', () => {
  const first = endpoint('10.0.0.1', { locality: { region: 'r', zone: 'a', subZone: '' } });
  const second = endpoint('10.0.0.2', { locality: { region: 'r', zone: 'b', subZone: '' } });
  const third = endpoint('10.0.0.3', { locality: { region: 'r', zone: 'a', subZone: '' } });
  const fresh = translateService(service([first, second, third]));
  const grown = translateService(service([third, second, first]), translateService(service([second])));
  const wire = (one: typeof fresh) =>
    [...one.shared, ...one.own, ...one.assignments.values()].map(({ typeUrl, name, version, bytes }) => ({
      typeUrl,
      name,
      version,
      bytes: Buffer.from(bytes).toString('hex'),
    }));
  assert.deepEqual(wire(grown), wire(fresh));
});

test('another locality of the Service is another assignment of each port', () => {
  const at = (zone: string) => service([endpoint('10.0.0.1')], { locality: { region: 'r', zone, subZone: '' } });
  const before = translateService(at('a'));
  const after = translateService(at('b'), before);
  for (const port of [50051, 9000]) {
    assert.equal(after.assignments.get(port)?.version, translateService(at('b')).assignments.get(port)?.version);
    assert.notEqual(after.assignments.get(port)?.version, before.assignments.get(port)?.version);
  }
});

test('a further number of a port is a name more, and the routes stay', () => {
  const before = translateService(service([]));
  const [grpc, admin] = service([]).ports;
  const more = { ...service([]), ports: [{ ...grpc!, otherNumbers: [50052] }, admin!] };
  const after = translateService(more, before);
  assert.ok(after.aliases.some(({ listener, port }) => listener === 'be1-srv.default:50052' && port === 50051));
  assert.deepEqual(
    after.shared.filter((one) => !before.shared.some(({ name }) => name === one.name)).map(({ name }) => name),
    ['be1-srv.default:50052', 'be1-srv.default.svc:50052', 'be1-srv.default.svc.cluster.local:50052'],
  );
});

test('whatever changes of a Service but its endpoints is translated anew', () => {
  const before = translateService(service([endpoint('10.0.0.1')]));
  const changes: Partial<Service>[] = [
    { policy: { podLocalities: false } },
    { locality: { region: 'r', zone: 'z', subZone: '' } },
    { internalTrafficPolicy: 'Local' },
  ];
  for (const change of changes) {
    const after = translateService(service([endpoint('10.0.0.1')], change), before);
    assert.notEqual(after.shared, before.shared, JSON.stringify(change));
    // The bytes are the same as long as nothing of it is in them.
    assert.deepEqual(after.shared, translateService(service([endpoint('10.0.0.1')], change)).shared);
  }
  const told = translateService(service([endpoint('10.0.0.1')], { problems: ['it has no pod'] }), before);
  assert.equal(told.shared, before.shared, 'what is for people is in no resource');
});

test('another port or another domain changes the names', () => {
  const before = translateService(service([]));
  const renamed = { ...service([]), ports: [{ port: 50051, name: 'api', appProtocol: 'grpc', endpoints: [] }] };
  assert.ok(translateService(renamed, before).aliases.some(({ listener }) => listener === 'be1-srv:api'));
  const elsewhere = translateService(service([]), before, 'example.org');
  assert.ok(elsewhere.aliases.some(({ listener }) => listener === 'be1-srv.default.svc.example.org'));
});

test('all endpoints share the locality of the Service: between localities clients would draw by chance', () => {
  const inZone = (address: string, zone: string) => endpoint(address, { locality: { region: 'r', zone, subZone: '' } });
  const locality = { region: 'us-central1', zone: 'us-central1-a', subZone: '' };
  const spread = [inZone('10.0.0.1', 'a'), inZone('10.0.0.2', 'b'), endpoint('10.0.0.3')];
  for (const [given, region, zone] of [
    [locality, 'us-central1', 'us-central1-a'],
    [undefined, '', ''],
  ] as const) {
    const { assignments } = translateService(service(spread, { locality: given }));
    const { endpoints } = fromBinary(ClusterLoadAssignmentSchema, assignments.get(50051)!.bytes);
    assert.deepEqual(
      endpoints.map((group) => [
        group.locality?.region,
        group.locality?.zone,
        group.loadBalancingWeight,
        group.priority,
      ]),
      [[region, zone, 1, 0]],
    );
    assert.equal(endpoints[0]?.lbEndpoints.length, 3);
  }
});

test('an address that is told twice is published once: clients reject the whole assignment otherwise', () => {
  const elsewhere = { region: '', zone: 'b', subZone: '' };
  const { assignments } = translateService(
    service([endpoint('10.0.0.1'), endpoint('10.0.0.1'), endpoint('10.0.0.1', { locality: elsewhere })]),
  );
  const { endpoints } = fromBinary(ClusterLoadAssignmentSchema, assignments.get(50051)!.bytes);
  assert.equal(endpoints.flatMap(({ lbEndpoints }) => lbEndpoints).length, 1);
});

test('without endpoints the assignment is there and empty, and what points at it stays', () => {
  const { assignments, shared, own } = translateService(service([]));
  const cache = new SnapshotCache();
  cache.update({ set: [...shared, ...assignments.values()] });
  cache.update({ group: 'default', set: own });
  assert.deepEqual(cache.inconsistencies('default'), []);
  assert.ok(cache.get(typeUrls.endpoint, 'default/be1-srv:50051'));
  assert.equal(fromBinary(ClusterLoadAssignmentSchema, assignments.get(50051)!.bytes).endpoints.length, 0);
});

test('a value that clients would reject is an error, not a resource', () => {
  assert.throws(
    () => translateService(service([endpoint('be1.example.org')])),
    (error: unknown) => toEvenkeelError(error).code === 'EK_XDS_RESOURCE',
  );
});

test('with internalTrafficPolicy Local every endpoint is in the assignment of its node, and only what changes is encoded', () => {
  const local = (...endpoints: Endpoint[]) => service(endpoints, { internalTrafficPolicy: 'Local' });
  const on = (kubeNode: string | undefined, address: string) => endpoint(address, { kubeNode });
  const before = translateService(local(on('n1', '10.0.0.1'), on('n2', '10.0.0.2'), on(undefined, '10.0.0.9')));
  assert.deepEqual([...before.local.keys()], ['n1', 'n2']);
  const after = translateService(local(on('n1', '10.0.0.1'), on('n2', '10.0.0.3')), before);
  assert.equal(after.local.get('n1')?.get(50051), before.local.get('n1')?.get(50051));
  assert.notEqual(after.local.get('n2')?.get(50051)?.version, before.local.get('n2')?.get(50051)?.version);
  assert.equal(after.assignments.get(50051), before.assignments.get(50051), 'for others it is empty, as before');
  // From one policy to the other and back.
  const cluster = translateService(service([on('n1', '10.0.0.1')]), after);
  assert.equal(cluster.local.size, 0);
  assert.equal(cluster.assignments.get(50051)?.version, before.local.get('n1')?.get(50051)?.version, 'the same bytes');
  const again = translateService(local(on('n1', '10.0.0.1')), cluster);
  assert.equal(again.assignments.get(50051)?.version, before.assignments.get(50051)?.version);
});

test('endpoints stand in the order of their addresses, and of the ports at one address', () => {
  const at = (address: string, port: number) => endpoint(address, { port });
  const told = [at('10.0.0.2', 1), at('10.0.0.1', 3), at('10.0.0.3', 1), at('10.0.0.1', 2), at('10.0.0.2', 9)];
  const orders = [told, told.toReversed()].map((endpoints) => {
    const bytes = translateService(service(endpoints)).assignments.get(50051)!.bytes;
    return fromBinary(ClusterLoadAssignmentSchema, bytes).endpoints[0]!.lbEndpoints.map(({ hostIdentifier }) => {
      const address = hostIdentifier.case === 'endpoint' ? hostIdentifier.value.address?.address : undefined;
      assert.ok(address?.case === 'socketAddress');
      return `${address.value.address}:${address.value.portSpecifier.value}`;
    });
  });
  const sorted = ['10.0.0.1:2', '10.0.0.1:3', '10.0.0.2:1', '10.0.0.2:9', '10.0.0.3:1'];
  assert.deepEqual(orders, [sorted, sorted]);
});

test('a Service that has no name to be reached by has no cluster and no route', () => {
  const { shared, own } = translateService(service([endpoint('10.0.0.1')], { name: 'Be1' }));
  assert.deepEqual([shared, own], [[], []]);
});

for (const internalTrafficPolicy of [undefined, 'Local'] as const) {
  test(`a port that comes, and endpoints that go from one port to the other, with ${internalTrafficPolicy}`, () => {
    const on = (address: string, port: number) => endpoint(address, { port, kubeNode: 'n1' });
    const withPorts = (...ports: [number, Endpoint[]][]): Service => ({
      ...service([], { internalTrafficPolicy }),
      ports: ports.map(([port, endpoints]) => ({ port, name: `grpc-${port}`, endpoints })),
    });
    const states = [
      withPorts([1, [on('10.0.0.1', 1)]]),
      withPorts([1, [on('10.0.0.1', 1)]], [2, [on('10.0.0.2', 2)]]),
      withPorts([1, [on('10.0.0.2', 2)]], [2, [on('10.0.0.1', 1)]]),
      withPorts([1, [on('10.0.0.1', 1)]], [2, [on('10.0.0.1', 1)]]),
    ];
    let previous = translateService(states[0]!);
    for (const state of states.slice(1)) {
      const after = translateService(state, previous);
      const fresh = translateService(state);
      assert.deepEqual(after.assignments, fresh.assignments);
      assert.deepEqual(after.local, fresh.local);
      previous = after;
    }
  });
}
