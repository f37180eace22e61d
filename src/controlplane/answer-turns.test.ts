import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerTurns } from './answer-turns.ts';

test('each has a turn of the event loop of its own, in order', async () => {
  const turns = new AnswerTurns();
  const had: number[] = [];
  const all = [1, 2, 3].map(async (one) => {
    await turns.next();
    had.push(one);
  });
  // As long as no turn of the event loop ends.
  for (let step = 0; step < 100; step++) await Promise.resolve();
  assert.deepEqual(had, [1]);
  await Promise.all(all);
  assert.deepEqual(had, [1, 2, 3]);
});
