import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullName, grpcTarget } from './names.ts';

const lab = { EVENKEEL_DNS: '127.0.0.1:5353', POD_NAMESPACE: 'shop' };

for (const [given, expected] of [
  ['dns:///grpc-svc:8000', 'dns://127.0.0.1:5353/grpc-svc.shop.svc.cluster.local:8000'],
  ['grpc-svc:8000', 'dns://127.0.0.1:5353/grpc-svc.shop.svc.cluster.local:8000'],
  ['dns:///grpc-svc', 'dns://127.0.0.1:5353/grpc-svc.shop.svc.cluster.local'],
  ['dns:///orders.other:8000', 'dns://127.0.0.1:5353/orders.other:8000'],
  ['dns://10.0.0.1/grpc-svc:8000', 'dns://10.0.0.1/grpc-svc:8000'],
  ['xds:///be1-srv', 'xds:///be1-srv'],
  ['127.0.0.1:8000', '127.0.0.1:8000'],
  ['dns:///localhost:8000', 'dns:///localhost:8000'],
  ['ipv4:127.0.0.1:8000', 'ipv4:127.0.0.1:8000'],
  ['[::1]:8000', '[::1]:8000'],
] as const) {
  test(`with a DNS server of the lab, ${given} is ${expected}`, () => {
    assert.equal(grpcTarget(given, lab), expected);
  });
}

test('without one a target stays as it is', () => {
  assert.equal(grpcTarget('dns:///grpc-svc:8000', {}), 'dns:///grpc-svc:8000');
});

test('a bare name gets the namespace of the pod, or default', () => {
  assert.equal(fullName('http-svc', {}), 'http-svc.default.svc.cluster.local');
  assert.equal(fullName('http-svc', { POD_NAMESPACE: 'shop' }), 'http-svc.shop.svc.cluster.local');
  assert.equal(fullName('127.0.0.1', {}), '127.0.0.1');
  assert.equal(fullName('http-svc.shop', {}), 'http-svc.shop');
});
