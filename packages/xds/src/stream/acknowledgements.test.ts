import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../clock.ts';
import { Acknowledgements } from './acknowledgements.ts';

test('of a client that never answers the last 64 responses are remembered', () => {
  const clock = new ManualClock();
  const acks = new Acknowledgements();
  for (let nonce = 1; nonce <= 100; nonce++) acks.sent({ nonce, version: '1', resources: [], all: [], sentAtMs: 0 });
  assert.equal(acks.unanswered.length, 64);
  assert.equal(acks.settle('36', undefined, clock, false), undefined);
  assert.equal(acks.settle('37', undefined, clock, false)?.response.nonce, 37);
});
