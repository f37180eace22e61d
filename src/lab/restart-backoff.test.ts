import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartBackoff } from './restart-backoff.ts';

test('the first restart comes at once, each further one waits twice as long, up to a bound', () => {
  const backoff = new RestartBackoff({ initialMs: 100, maxMs: 500, resetAfterMs: 10_000 });
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map(() => backoff.next(5)),
    [0, 100, 200, 400, 500, 500],
  );
});

test('a process that ran for long starts the sequence anew', () => {
  const backoff = new RestartBackoff({ initialMs: 100, resetAfterMs: 10_000 });
  backoff.next(5);
  backoff.next(5);
  assert.equal(backoff.next(10_000), 0);
  assert.equal(backoff.next(9_999), 100);
});
