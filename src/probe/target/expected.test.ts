import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestDns } from '../testing/test-dns.ts';
import { expectedOf, expectedOfDns } from './expected.ts';
import { parseTarget } from './parse-target.ts';

test('an address that DNS has twice, also as an IPv6 one, is one backend', async (t) => {
  const server = new TestDns();
  await server.start();
  t.after(() => server.stop());
  server.addresses = ['10.0.0.1', '10.0.0.1', '10.0.0.2', '::ffff:10.0.0.1', '::ffff:10.0.0.2'];
  const { count, backends } = await expectedOfDns('orders.shop', 80, server.address);
  assert.deepEqual([count, backends.map(({ address }) => address).sort()], [2, ['10.0.0.1:80', '10.0.0.2:80']]);
});

test('an address that a list has in several spellings is one backend', async () => {
  for (const [text, addresses] of [
    ['ipv6:[::1]:80,[0::1]:80,[::0:1]:80,[::1]:81', 2],
    ['ipv6:[::ffff:10.0.0.1]:80,[::FFFF:a00:1]:80', 1],
    ['ipv4:10.0.0.1:80,10.0.0.1:080,10.0.0.2:80', 2],
  ] as const) {
    const { count, backends } = await expectedOf(parseTarget(text));
    assert.deepEqual([count, backends.length], [addresses, addresses], text);
  }
});
