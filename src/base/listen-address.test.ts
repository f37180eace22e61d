import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvenkeelError } from './errors.ts';
import { formatAddress, listenError, parseListenAddress, splitAddress } from './listen-address.ts';

test('an address to listen on is loopback unless a host is named', () => {
  assert.deepEqual(parseListenAddress('18000', '--xds-listen'), { host: '127.0.0.1', port: 18_000 });
  assert.deepEqual(parseListenAddress(':18000', '--xds-listen'), { host: '127.0.0.1', port: 18_000 });
  assert.deepEqual(parseListenAddress('0.0.0.0:0', '--xds-listen'), { host: '0.0.0.0', port: 0 });
  assert.deepEqual(parseListenAddress('[::1]:18000', '--xds-listen'), { host: '::1', port: 18_000 });
});

for (const wrong of ['', 'host', 'host:', '127.0.0.1:70000', '::1:80', 'a b:80']) {
  test(`"${wrong}" is refused with the flag it came from`, () => {
    assert.throws(
      () => parseListenAddress(wrong, '--xds-listen'),
      (error: EvenkeelError) => error.code === 'EK_USAGE' && error.location.field === '--xds-listen',
    );
  });
}

test('IPv6 hosts are written in brackets', () => {
  assert.equal(formatAddress('::1', 80), '[::1]:80');
  assert.equal(formatAddress('127.0.0.1', 80), '127.0.0.1:80');
  for (const address of ['[::1]:80', '127.0.0.1:80', 'orders.shop:80']) {
    const { host, port } = splitAddress(address);
    assert.equal(formatAddress(host, port), address);
  }
});

test('a taken port becomes an error of ours, anything else passes', () => {
  const taken = Object.assign(new Error('listen'), { code: 'EADDRINUSE' });
  const error = listenError(taken, { host: '127.0.0.1', port: 80 }, '--xds-listen');
  assert.ok(error instanceof EvenkeelError && error.code === 'EK_PORT_IN_USE');
  const other = new Error('other');
  assert.equal(listenError(other, { host: '127.0.0.1', port: 80 }, '--xds-listen'), other);
});
