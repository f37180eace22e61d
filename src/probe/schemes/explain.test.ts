import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainLoss } from './explain.ts';

const none = { refused: 0, goaway: 0, staleAddress: 0, drainedTooShort: 0, cut: 0, deadline: 0, other: 0 };

test('the cause that most calls were lost to explains the loss', () => {
  assert.match(explainLoss({ ...none, drainedTooShort: 3, staleAddress: 2 })!.why, /a pod ended under calls/);
  assert.match(explainLoss({ ...none, drainedTooShort: 2, staleAddress: 3 })!.why, /nobody had told it/);
});

test('nothing lost needs no explanation', () => {
  assert.equal(explainLoss(none), undefined);
});
