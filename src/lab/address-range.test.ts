import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressPool, claimAddressRange, missingAddresses } from './address-range.ts';

test('an address that was given back comes up again as late as possible', () => {
  const pool = new AddressPool('127.30', { first: '1.1', count: 3 });
  assert.deepEqual([pool.take(), pool.take()], ['127.30.1.1', '127.30.1.2']);
  pool.giveBack('127.30.1.1');
  assert.deepEqual([pool.take(), pool.take()], ['127.30.1.3', '127.30.1.1']);
  assert.throws(() => pool.take(), { code: 'EK_LAB_ADDRESS' });
  pool.giveBack('127.30.1.2');
  assert.equal(pool.take(), '127.30.1.2');
});

test('neither .0 nor .255 is given to anybody', () => {
  const pool = new AddressPool('127.30', { first: '1.1', count: 300 });
  const all = Array.from({ length: 300 }, () => pool.take());
  assert.deepEqual([all[253], all[254]], ['127.30.1.254', '127.30.2.1']);
  pool.giveBack('127.30.2.1');
  assert.equal(pool.take(), '127.30.2.1');
});

test('ranges are given once, until they are given back', async () => {
  const [first, second] = await Promise.all([claimAddressRange(), claimAddressRange()]);
  assert.notEqual(first.prefix, second.prefix);
  assert.match(first.prefix, /^127\.\d+$/);
  await Promise.all([first.release(), second.release()]);
});

test('where there are no such addresses, the error says what to type', () => {
  const { code, hint } = missingAddresses('127.30', new Error('EADDRNOTAVAIL'));
  assert.equal(code, 'EK_LAB_ADDRESS');
  assert.match(hint, /sudo ifconfig lo0 alias 127\.30\.\$a up/);
  assert.match(hint, /sudo ifconfig lo0 -alias 127\.30\.\$a/);
  for (const part of ['0.1', '0.10', '1.{1..64}', '200.{1..16}']) assert.ok(hint.includes(part), part);
});
