import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evenkeel } from '../support/evenkeel.ts';

test('an unknown system is refused with those that there are', async () => {
  const { code, stdout, stderr } = await evenkeel(['lab', '--system', 'z']);
  assert.equal(code, 2);
  assert.match(stderr, /EK_USAGE.*"z".*a, b, c, d, e/);
  assert.doesNotMatch(stderr, /\n\s+at .*[:(]\d+/, 'no stack trace');
  assert.equal(stdout, '');
});

test('an Envoy that is named and is none is refused before anything starts', async () => {
  const { code, stderr } = await evenkeel(['lab', '--system', 'b'], { env: { EVENKEEL_ENVOY: '/no/such/envoy' } });
  assert.equal(code, 2);
  assert.match(stderr, /^error EK_USAGE: \/no\/such\/envoy is not a program that can be run/);
});
