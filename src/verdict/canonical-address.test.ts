import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalAddress } from './canonical-address.ts';

test('an IPv4 address that is mapped into IPv6 is the IPv4 address', () => {
  assert.equal(canonicalAddress('[::ffff:10.0.1.35]:80'), '10.0.1.35:80');
  assert.equal(canonicalAddress('[::FFFF:a00:123]:80'), '10.0.1.35:80');
});

test('an address that only looks like a mapped one stays', () => {
  assert.equal(canonicalAddress('[1::ffff:a00:1]:80'), '[1::ffff:a00:1]:80');
  assert.equal(canonicalAddress('[::ffff:a00:1:2]:80'), '[::ffff:a00:1:2]:80');
});

test('the zone of a link-local address stays', () => {
  assert.equal(canonicalAddress('[fe80:0::1%eth0]:80'), '[fe80::1%eth0]:80');
  assert.equal(canonicalAddress('[fe80:0::1]:80'), '[fe80::1]:80');
});

test('the letters of a name do not matter', () => {
  assert.equal(canonicalAddress('Orders.Example:80'), 'orders.example:80');
});
