import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acknowledgements } from './acknowledgements.ts';

test('of a client that never answers the last 64 responses are remembered', () => {
  const acks = new Acknowledgements();
  for (let nonce = 1; nonce <= 100; nonce++) acks.sent({ nonce, version: '1', resources: [], sentAtMs: 0 });
  assert.equal(acks.unanswered.length, 64);
  assert.equal(acks.settle('36', undefined, 0), undefined);
  assert.equal(acks.settle('37', undefined, 0)?.response.nonce, 37);
});
