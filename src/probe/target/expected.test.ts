import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestDns } from '../testing/test-dns.ts';
import { expectedOfDns } from './expected.ts';

test('an address that DNS has twice, also as an IPv6 one, is one backend', async (t) => {
  const server = new TestDns();
  await server.start();
  t.after(() => server.stop());
  server.addresses = ['10.0.0.1', '10.0.0.1', '10.0.0.2', '::ffff:10.0.0.1', '::ffff:10.0.0.2'];
  const { count, backends } = await expectedOfDns('orders.shop', 80, server.address);
  assert.deepEqual([count, backends.map(({ address }) => address).sort()], [2, ['10.0.0.1:80', '10.0.0.2:80']]);
});
