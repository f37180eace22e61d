import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readService } from './kube-service.ts';
import { readSlice } from './kube-slice.ts';
import { portsOf } from './service-of.ts';
import type { ApiObject } from './testing/fake-api-server.ts';
import { serviceObject, sliceObject } from './testing/objects.ts';

function read(service: ApiObject, ...slices: ApiObject[]) {
  const versioned = (object: ApiObject) => ({ ...object, metadata: { ...object.metadata, resourceVersion: '1' } });
  return portsOf(
    readService(versioned(service))!,
    slices.map((slice) => readSlice(versioned(slice))!),
  );
}

function addresses(...args: Parameters<typeof read>): string[][] {
  return read(...args).ports.map(({ endpoints }) => endpoints.map(({ address, port }) => `${address}:${port}`));
}

const service = serviceObject('shop/a');

test('the endpoints of all slices are one list, each address once', () => {
  const first = sliceObject('shop/a', 'x1', [{ address: '10.0.0.3' }, { address: '10.0.0.1' }]);
  const second = sliceObject('shop/a', 'x2', [{ address: '10.0.0.2' }, { address: '10.0.0.3' }]);
  assert.deepEqual(addresses(service, first, second), [['10.0.0.1:50051', '10.0.0.2:50051', '10.0.0.3:50051']]);
});

test('of an address without a pod that two slices have, the state that calls can be sent to counts', () => {
  const old = sliceObject('shop/a', 'x1', [
    { address: '10.0.0.1', ready: false, serving: false },
    { address: '10.0.0.2', ready: true },
  ]);
  const moved = sliceObject('shop/a', 'x2', [
    { address: '10.0.0.1', ready: true, serving: true },
    { address: '10.0.0.2', ready: false, serving: true, terminating: true },
  ]);
  for (const slices of [
    [old, moved],
    [moved, old],
  ] as const) {
    const [port] = read(service, ...slices).ports;
    assert.deepEqual(
      port?.endpoints.map(({ conditions }) => conditions),
      [
        { ready: true, serving: true, terminating: false },
        { ready: true, serving: true, terminating: false },
      ],
    );
  }
});

test('a pod with an address of both families counts once, by the primary one', () => {
  const v4 = sliceObject('shop/a', 'x1', [{ address: '10.0.0.1', pod: 'a-1' }]);
  const v6 = sliceObject('shop/a', 'x2', [{ address: 'fd00:0::1', pod: 'a-1' }], { addressType: 'IPv6' });
  assert.deepEqual(addresses(service, v4, v6), [['10.0.0.1:50051']]);
  assert.deepEqual(addresses(serviceObject('shop/a', { ipFamilies: ['IPv4', 'IPv6'] }), v6, v4), [['10.0.0.1:50051']]);
  assert.deepEqual(addresses(serviceObject('shop/a', { ipFamilies: ['IPv6', 'IPv4'] }), v4, v6), [['fd00::1:50051']]);
  const only6 = sliceObject('shop/a', 'x2', [{ address: 'fd00::2' }], { addressType: 'IPv6' });
  assert.deepEqual(addresses(service, only6), [['fd00::2:50051']], 'made by hand, of the other family only');
});

test('ports are found by name in each slice, whose number may be another one', () => {
  const two = serviceObject('shop/a', {
    ports: [
      { name: 'grpc', port: 80, protocol: 'TCP', targetPort: 'grpc' },
      { name: 'admin', port: 9090, protocol: 'TCP', appProtocol: 'http' },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  });
  const old = sliceObject('shop/a', 'x1', [{ address: '10.0.0.1' }], {
    ports: [
      { name: 'grpc', port: 50051, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' },
      { name: 'admin', port: 9090, protocol: 'TCP' },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  });
  const fresh = sliceObject('shop/a', 'x2', [{ address: '10.0.0.2' }], {
    ports: [{ name: 'grpc', port: 50052, protocol: 'TCP' }],
  });
  assert.deepEqual(addresses(two, old, fresh), [['10.0.0.1:50051', '10.0.0.2:50052'], ['10.0.0.1:9090']]);
  assert.deepEqual(
    read(two, old, fresh).ports.map(({ port, name, appProtocol }) => [port, name, appProtocol]),
    [
      [80, 'grpc', 'kubernetes.io/h2c'],
      [9090, 'admin', 'http'],
    ],
  );
});

test('a port without a name belongs to the slices whose port has none', () => {
  const unnamed = serviceObject('shop/a', { ports: [{ port: 8080 }] });
  const slice = sliceObject('shop/a', 'x1', [{ address: '10.0.0.1' }], { ports: [{ name: '', port: 50051 }] });
  assert.deepEqual(addresses(unnamed, slice), [['10.0.0.1:50051']]);
});

test('headless is as any other, and without ports there is nothing to serve', () => {
  const slice = sliceObject('shop/a', 'x1', [{ address: '10.0.0.1' }]);
  assert.deepEqual(addresses(serviceObject('shop/a', { clusterIP: 'None' }), slice), [['10.0.0.1:50051']]);
  assert.deepEqual(read(serviceObject('shop/a', { clusterIP: 'None', ports: null }), slice), {
    ports: [],
    problems: ['it has no port, so no target leads to it'],
  });
});

test('a Service without slices, or with empty ones, keeps its ports', () => {
  assert.deepEqual(addresses(service), [[]]);
  assert.deepEqual(addresses(service, { ...sliceObject('shop/a', 'x1', []), endpoints: null, ports: null }), [[]]);
});

test('conditions that are not given are the usual ones; where an endpoint is, is kept', () => {
  const slice = sliceObject('shop/a', 'x1', [
    { address: '10.0.0.1', zone: 'zone-a', nodeName: 'node-1', pod: 'a-1' },
    { address: '10.0.0.2', ready: false },
    { address: '10.0.0.3', ready: false, serving: true, terminating: true },
  ]);
  const [port] = read(service, slice).ports;
  assert.deepEqual(port?.endpoints[0], {
    address: '10.0.0.1',
    port: 50051,
    conditions: { ready: true, serving: true, terminating: false },
    locality: { region: '', zone: 'zone-a', subZone: '' },
    kubeNode: 'node-1',
    pod: 'a-1',
  });
  assert.deepEqual(port?.endpoints[1]?.conditions, { ready: false, serving: true, terminating: false });
  assert.deepEqual(port?.endpoints[2]?.conditions, { ready: false, serving: true, terminating: true });
});

test('what cannot be used is left out and named', () => {
  const names = sliceObject('shop/a', 'x1', [{ address: 'db.example.com' }], { addressType: 'FQDN' });
  const mixed = sliceObject('shop/a', 'x2', [{ address: '10.0.0.1' }, { address: 'ten' }], {
    ports: [{ name: 'grpc', port: 50051 }, { name: 'any' }],
  });
  assert.deepEqual(addresses(service, names, mixed), [['10.0.0.1:50051']]);
  assert.deepEqual(read(service, names, mixed).problems, [
    'EndpointSlice a-x1 has names (addressType FQDN); gRPC clients take IP addresses only',
    'EndpointSlice a-x2 has "ten", which is no IP address',
    'EndpointSlice a-x2 has a port without a number',
  ]);
  const external = read(serviceObject('shop/a', { type: 'ExternalName', externalName: 'example.com' }));
  assert.deepEqual(external.ports, []);
  assert.match(external.problems[0]!, /ExternalName.*dns:\/\/\//);
});

test('addresses that no client can reach are left out and named, and all others are taken', () => {
  const bad = [
    '0.0.0.0',
    '169.254.169.254',
    '239.1.2.3',
    '255.255.255.255',
    '::',
    'fe80::1',
    'ff02::1',
    '::ffff:10.0.0.1',
  ];
  const good = [
    '1.2.3.4',
    '24.1.1.1',
    '127.0.0.1',
    '169.253.0.1',
    '223.1.1.1',
    '2001:db8::1',
    '64:ff9b::1',
    'fd00::1',
    '::1',
  ];
  const slice = sliceObject(
    'shop/a',
    'x1',
    [...bad, ...good].map((address) => ({ address })),
  );
  assert.deepEqual(addresses(service, slice), [[...good.map((address) => `${address}:50051`)].sort()]);
  assert.equal(read(service, slice).problems.length, 1);
  const { problems } = read(service, ...bad.map((address, index) => sliceObject('shop/a', `b${index}`, [{ address }])));
  assert.deepEqual(
    problems.map((problem) => /has "([^"]+)", which is [^n]/.exec(problem)?.[1]),
    bad,
  );
});

test('what leaves a Service without endpoints is named', () => {
  const problems = (...args: Parameters<typeof read>) => read(...args).problems;
  const selecting = (spec: object) => serviceObject('shop/a', { selector: { app: 'a' }, ...spec });
  assert.deepEqual(problems(selecting({ ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] })), [
    'it has no TCP port, so no target leads to it',
  ]);
  assert.deepEqual(problems(selecting({})), [], 'its first slice is being written');
  assert.deepEqual(problems(service), [
    'it has neither a selector nor an EndpointSlice: nothing says which endpoints it has',
  ]);
  const other = sliceObject('shop/a', 'x1', [{ address: '10.0.0.1' }], { ports: [{ name: 'api', port: 1 }] });
  assert.deepEqual(problems(service, other), [
    'no EndpointSlice has its port 50051 (grpc): pods lack the targetPort, or the names of the ports differ',
  ]);
  assert.deepEqual(problems(serviceObject('shop/a', { ports: [{ port: 80 }] }), other), [
    'no EndpointSlice has its port 80, which has no name: pods lack the targetPort, or the names of the ports differ',
  ]);
  const placeholder = sliceObject('shop/a', 'x1', [], { ports: null });
  assert.deepEqual(problems(service, placeholder), []);
});

test('several gRPC ports are named, and which one a target without a port means', () => {
  const ports = [
    { name: 'grpc-a', port: 1 },
    { name: 'grpc-b', port: 2 },
  ];
  assert.deepEqual(read(serviceObject('shop/a', { ports }), sliceObject('shop/a', 'x1', [])).problems, [
    'it has several gRPC ports: a target without a port means 1 (grpc-a); name the port to reach 2 (grpc-b)',
  ]);
});

test('addresses of a family that is none of the Service are left out and named, unless it has no others', () => {
  const v4 = sliceObject('shop/a', 'x1', [{ address: '10.0.0.1', pod: 'a' }]);
  const v6 = (...pods: string[]) =>
    sliceObject(
      'shop/a',
      'x2',
      pods.map((pod, index) => ({ address: `fd00::${index + 1}`, pod })),
      { addressType: 'IPv6' },
    );
  assert.deepEqual(addresses(service, v4, v6('a', 'b')), [['10.0.0.1:50051']]);
  assert.deepEqual(read(service, v4, v6('a', 'b')).problems, [
    "EndpointSlice a-x2 has IPv6 addresses and the Service's ipFamilies are IPv4: they are left out",
  ]);
  assert.deepEqual(read(service, v4, v6('a')).problems, [], 'the same pods, as while a Service becomes single-stack');
  assert.deepEqual(addresses(service, sliceObject('shop/a', 'x1', []), v6('a', 'b')), [
    ['fd00::1:50051', 'fd00::2:50051'],
  ]);
  const unsaid = serviceObject('shop/a', { ipFamilies: undefined });
  assert.deepEqual(addresses(unsaid, v4, v6('a', 'b')), [['10.0.0.1:50051', 'fd00::2:50051']]);
});

test('what is no object of the API is none', () => {
  for (const value of [null, 'text', {}, { metadata: null }, { metadata: { name: 'a', namespace: 'b' } }]) {
    assert.equal(readService(value), undefined);
    assert.equal(readSlice(value), undefined);
  }
});

test('internalTrafficPolicy Local is read where the Service has a ClusterIP; trafficDistribution where it is known; other preferences are named as not followed', () => {
  const read = (spec: object, annotations = {}) => {
    const object = serviceObject('shop/a');
    return readService({
      ...object,
      metadata: { ...object.metadata, annotations, resourceVersion: '1' },
      spec: { ...(object as { spec?: object }).spec, ...spec },
    })!;
  };
  const policyOf = (spec: object) => read(spec).internalTrafficPolicy;
  assert.equal(policyOf({ internalTrafficPolicy: 'Local', clusterIP: '10.96.0.7' }), 'Local');
  assert.equal(policyOf({ internalTrafficPolicy: 'Local', clusterIP: 'None' }), undefined);
  assert.equal(policyOf({ internalTrafficPolicy: 'Cluster' }), undefined);
  assert.equal(policyOf({ externalTrafficPolicy: 'Local' }), undefined);
  assert.equal(read({ trafficDistribution: 'PreferSameNode' }).trafficDistribution, 'PreferSameNode');
  assert.equal(read({ trafficDistribution: 'PreferFast' }).trafficDistribution, undefined);
  const problemsOf = (spec: object, annotations = {}) => portsOf(read(spec, annotations), []).problems;
  assert.deepEqual(problemsOf({ selector: { app: 'a' }, trafficDistribution: 'PreferFast' }), [
    'trafficDistribution: PreferFast is not followed: calls are spread evenly over all endpoints, wherever they are',
  ]);
  for (const name of ['topology-mode', 'topology-aware-hints']) {
    const [problem] = problemsOf({ selector: { app: 'a' } }, { [`service.kubernetes.io/${name}`]: 'Auto' });
    assert.match(problem!, new RegExp(`${name}: Auto is not followed`));
  }
  const sticky = { selector: { app: 'a' }, sessionAffinity: 'ClientIP' };
  assert.match(problemsOf({ ...sticky, clusterIP: '10.96.0.7' })[0]!, /sessionAffinity: ClientIP is not followed/);
  assert.deepEqual(problemsOf({ ...sticky, clusterIP: 'None' }), []);
  assert.deepEqual(problemsOf({ selector: { app: 'a' } }, { 'service.kubernetes.io/topology-mode': 'Disabled' }), []);
});
