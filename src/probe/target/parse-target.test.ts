import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTarget } from './parse-target.ts';

test('a password in a URL is used and not shown, and port 0 is no port', () => {
  const target = parseTarget('https://me:p@ss@shop.example/x?to=a@b');
  assert.equal(target.kind, 'http');
  assert.equal(target.text, 'https://…@shop.example/x?to=a@b');
  assert.deepEqual([target.url.username, target.url.password], ['me', 'p%40ss']);
  assert.throws(() => parseTarget('http://me:pass@shop:99999/'), {
    message: /^"http:\/\/…@shop:99999\/" is no target/,
  });
  assert.throws(() => parseTarget('http://127.0.0.1:0/'), { message: /"0" is no port/ });
});

test('every way to name a target is read', () => {
  for (const [text, expected] of [
    ['dns:///orders.shop:50051', { scheme: 'dns', host: 'orders.shop', port: 50_051, authority: '' }],
    ['dns://10.0.0.1:53/orders:80', { scheme: 'dns', host: 'orders', port: 80, authority: '10.0.0.1:53' }],
    ['orders:50051', { scheme: 'dns', host: 'orders', port: 50_051, authority: '' }],
    ['[::1]:50051', { scheme: 'dns', host: '::1', port: 50_051, authority: '' }],
    ['xds:///orders.shop', { scheme: 'xds', host: 'orders.shop', port: 0, authority: '' }],
    [
      'kubernetes:///orders.shop:8080',
      { scheme: 'kubernetes', host: 'orders.shop', port: 8080, portName: '8080', authority: '' },
    ],
    ['kubernetes:///orders.shop', { scheme: 'kubernetes', host: 'orders.shop', port: 0, authority: '' }],
    ['kubernetes:///orders', { scheme: 'kubernetes', host: 'orders', port: 0, authority: '' }],
    ['dns:orders:50051', { scheme: 'dns', host: 'orders', port: 50_051, authority: '' }],
    ['dns:50051', { scheme: 'dns', host: 'dns', port: 50_051, authority: '' }],
    ['dns:[::1]:50051', { scheme: 'dns', host: '::1', port: 50_051, authority: '' }],
    ['[fe80::1%25eth0]:80', { scheme: 'dns', host: 'fe80::1%eth0', port: 80, authority: '' }],
    ['orders.shop.:80', { scheme: 'dns', host: 'orders.shop.', port: 80, authority: '' }],
  ] as const) {
    assert.deepEqual(parseTarget(text), { kind: 'grpc', text, addresses: [], ...expected });
  }
  for (const [text, addresses] of [
    [
      'ipv4:10.0.0.1:80,10.0.0.2',
      [
        { host: '10.0.0.1', port: 80 },
        { host: '10.0.0.2', port: 443 },
      ],
    ],
    [
      'ipv6:[::1]:80,::2',
      [
        { host: '::1', port: 80 },
        { host: '::2', port: 443 },
      ],
    ],
    ['ipv6:[fe80::1%25eth0]:80', [{ host: 'fe80::1%eth0', port: 80 }]],
    ['ipv6:[fe80::1%eth0]:80', [{ host: 'fe80::1%eth0', port: 80 }]],
    ['unix:run/orders', [{ path: 'run/orders' }]],
    ['unix:/run/orders', [{ path: '/run/orders' }]],
    ['unix:///run/orders', [{ path: '/run/orders' }]],
    ['unix-abstract:orders', [{ path: '\0orders' }]],
  ] as const) {
    const list = { kind: 'grpc', text, scheme: 'list', host: '', port: 0, authority: '', addresses };
    assert.deepEqual(parseTarget(text), list);
  }
  const http = parseTarget('https://shop.example/health?full=1');
  assert.equal(http.kind === 'http' && http.url.pathname, '/health');
});

test('a port of a Service may have a name, one of a host may not', () => {
  for (const name of ['grpc', '1e3', '0x50']) {
    const target = parseTarget(`kubernetes:///orders.shop:${name}`);
    assert.equal(target.kind === 'grpc' && Number.isNaN(target.port), true, name);
  }
  assert.throws(() => parseTarget('orders:grpc'), { code: 'EK_PROBE_TARGET', message: /"grpc" is no port/ });
});

test('what is no target is refused with what it lacks', () => {
  for (const [text, why] of [
    ['', /it is empty/],
    ['orders', /HOST:PORT is expected/],
    ['orders:70000', /"70000" is no port/],
    ['orders:0x50', /"0x50" is no port/],
    ['orders:1e3', /"1e3" is no port/],
    ['ftp://orders/x:1', /there is no scheme "ftp"/],
    ['kubernetes:///orders.shop:', /SERVICE.NAMESPACE\[:PORT\] is expected/],
    ['kubernetes:///orders.shop:0', /"0" is no port/],
    ['kubernetes:///orders.shop:a:b', /SERVICE.NAMESPACE\[:PORT\] is expected/],
    ['[nonsense]:80', /no IPv6 address/],
    ['ipv4:10.0.0.1:80,orders:80', /"orders:80" is no IPV4:PORT/],
    ['ipv6:::1:99999', /is no \[IPV6\]:PORT/],
    ['unix://host/x', /absolute path/],
    ['unix:', /a path is expected/],
    ['http://', /the URL cannot be read/],
  ] as const) {
    assert.throws(() => parseTarget(text), { code: 'EK_PROBE_TARGET', message: why }, text);
  }
});
