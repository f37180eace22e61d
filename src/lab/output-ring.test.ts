import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutputRing } from './output-ring.ts';

test('the last bytes are kept, however they came', () => {
  const ring = new OutputRing(10);
  ring.write('abc');
  assert.equal(ring.text(), 'abc');
  for (const letter of 'defghijklmnopqrstuvwxyz') ring.write(letter);
  assert.equal(ring.text(), 'qrstuvwxyz');
  ring.write('0123456789'.repeat(5));
  assert.equal(ring.text(), '0123456789');
});

test('the last lines', () => {
  const ring = new OutputRing();
  ring.write('one\ntwo\n\nthree\n');
  assert.deepEqual(ring.lastLines(2), ['two', 'three']);
});
