import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTarget } from './parse-target.ts';

test('every way to name a target is read', () => {
  for (const [text, expected] of [
    ['dns:///orders.shop:50051', { scheme: 'dns', host: 'orders.shop', port: 50_051, authority: '' }],
    ['dns://10.0.0.1:53/orders:80', { scheme: 'dns', host: 'orders', port: 80, authority: '10.0.0.1:53' }],
    ['orders:50051', { scheme: 'dns', host: 'orders', port: 50_051, authority: '' }],
    ['[::1]:50051', { scheme: 'dns', host: '::1', port: 50_051, authority: '' }],
    ['xds:///orders.shop', { scheme: 'xds', host: 'orders.shop', port: 0, authority: '' }],
    ['kubernetes:///orders.shop:8080', { scheme: 'kubernetes', host: 'orders.shop', port: 8080, authority: '' }],
    ['ipv4:10.0.0.1:80,10.0.0.2:80', { scheme: 'list', host: '', port: 0, authority: '' }],
  ] as const) {
    assert.deepEqual(parseTarget(text), { kind: 'grpc', text, ...expected });
  }
  const http = parseTarget('https://shop.example/health?full=1');
  assert.equal(http.kind === 'http' && http.url.pathname, '/health');
});

test('a port of a Service may have a name, one of a host may not', () => {
  const target = parseTarget('kubernetes:///orders.shop:grpc');
  assert.equal(target.kind === 'grpc' && Number.isNaN(target.port), true);
  assert.throws(() => parseTarget('orders:grpc'), { code: 'EK_PROBE_TARGET', message: /"grpc" is no port/ });
});

test('what is no target is refused with what it lacks', () => {
  for (const [text, why] of [
    ['', /it is empty/],
    ['orders', /HOST:PORT is expected/],
    ['orders:70000', /"70000" is no port/],
    ['ftp://orders/x:1', /there is no scheme "ftp"/],
    ['kubernetes:///orders.shop', /SERVICE.NAMESPACE:PORT is expected/],
    ['[nonsense]:80', /no IPv6 address/],
    ['http://', /the URL cannot be read/],
  ] as const) {
    assert.throws(() => parseTarget(text), { code: 'EK_PROBE_TARGET', message: why }, text);
  }
});
