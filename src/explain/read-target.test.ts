import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTarget } from './read-target.ts';

test('what stands behind xds:/// is taken as it is', () => {
  for (const name of [
    'orders',
    'orders.shop',
    'orders.shop:50051',
    'orders:grpc',
    'orders.shop.svc.cluster.local:80',
  ]) {
    assert.deepEqual(readTarget(`xds:///${name}`), { name, dials: 'xds', mistake: undefined });
    assert.equal(readTarget(name).name, name);
    assert.equal(readTarget(name).mistake, undefined);
  }
  // Names of Services that look like schemes.
  for (const name of ['dns:53', 'grpc:50051', 'http:80']) assert.equal(readTarget(name).mistake, undefined, name);
});

test('targets of clients that dial something else are read, and so is what people type for kubectl', () => {
  const cases: [text: string, name: string, dials: string, mistake: RegExp | undefined][] = [
    ['dns:///orders.shop:50051', 'orders.shop:50051', 'dns', undefined],
    ['dns://10.0.0.10/orders.shop.svc.cluster.local.:50051', 'orders.shop.svc.cluster.local:50051', 'dns', undefined],
    ['dns:orders.shop:50051', 'orders.shop:50051', 'dns', undefined],
    ['passthrough:///orders:1', 'orders:1', 'dns', undefined],
    ['xds://orders.shop', 'orders.shop', 'unknown', /lacks a slash/],
    ['xds://authority/orders.shop', 'orders.shop', 'unknown', /names the authority authority/],
    ['xds:orders.shop', 'orders.shop', 'xds', undefined],
    ['http://orders.shop:80/path', 'orders.shop:80', 'unknown', /the scheme http/],
    ['kubernetes:///orders.shop:50051', 'orders.shop:50051', 'unknown', /the scheme kubernetes/],
    ['shop/orders', 'orders.shop', 'xds', /how kubectl writes it/],
    ['shop/orders:50051', 'orders.shop:50051', 'xds', /how kubectl writes it/],
    ['xds:///shop/orders', 'orders.shop', 'xds', /how kubectl writes it/],
    ['svc/orders', 'orders', 'xds', /how kubectl writes it/],
    ['Orders.Shop', 'orders.shop', 'xds', /capital letters/],
    ['orders.shop.svc.cluster.local.', 'orders.shop.svc.cluster.local', 'xds', /ends in a dot/],
    ['10.0.0.1:50051', '10.0.0.1:50051', 'unknown', /is an address/],
    ['dns:///10.0.0.1:50051', '10.0.0.1:50051', 'unknown', /is an address/],
    ['[::1]:50051', '[::1]:50051', 'unknown', /is an address/],
    ['a/b/c', 'c', 'xds', /is no target/],
    ['', '', 'xds', undefined],
    ['xds:///', '', 'xds', undefined],
  ];
  for (const [text, name, dials, mistake] of cases) {
    const found = readTarget(text);
    assert.deepEqual([found.name, found.dials], [name, dials], text);
    if (mistake === undefined) assert.equal(found.mistake, undefined, text);
    else assert.match(found.mistake ?? '', mistake, text);
  }
});
