import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvenkeelError } from '../../base/errors.ts';
import { summaryOf } from './summary.ts';

const error = (message: string, hint = 'Do.') => new EvenkeelError('EK_KUBE_FORBIDDEN', message, { hint });

test('nothing wrong is nothing, and one error is itself', () => {
  assert.equal(summaryOf([]), undefined);
  const [one, same] = [error('a'), error('a')];
  assert.equal(summaryOf([same, one])?.message, 'a');
});

test('different errors are told together, many of them are counted', () => {
  const two = summaryOf([error('a', 'Grant a.'), error('b', 'Grant b.')]);
  assert.deepEqual([two?.code, two?.message, two?.hint], ['EK_KUBE_FORBIDDEN', 'a; b', 'Grant a. Grant b.']);
  assert.equal(summaryOf(['a', 'b', 'a', 'c', 'd'].map((text) => error(text)))?.message, 'a; b; and 2 more');
});
