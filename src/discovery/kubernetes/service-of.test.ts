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

test('an endpoint that two slices have is ready where one of them says so, and terminating likewise', () => {
  const old = sliceObject('shop/a', 'x1', [
    { address: '10.0.0.1', ready: false, serving: false },
    { address: '10.0.0.2', ready: true },
  ]);
  const moved = sliceObject('shop/a', 'x2', [
    { address: '10.0.0.1', ready: true, serving: true },
    { address: '10.0.0.2', ready: false, serving: true, terminating: true },
  ]);
  const [port] = read(service, old, moved).ports;
  assert.deepEqual(
    port?.endpoints.map(({ conditions }) => conditions),
    [
      { ready: true, serving: true, terminating: false },
      { ready: true, serving: true, terminating: true },
    ],
  );
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
    problems: [],
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
  assert.deepEqual(port?.endpoints[1]?.conditions, { ready: false, serving: false, terminating: false });
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

test('what is no object of the API is none', () => {
  for (const value of [null, 'text', {}, { metadata: null }, { metadata: { name: 'a', namespace: 'b' } }]) {
    assert.equal(readService(value), undefined);
    assert.equal(readSlice(value), undefined);
  }
});
