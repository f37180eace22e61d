import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallRecord } from './call-record.ts';
import { timelineOf } from './timeline.ts';

function call(at: number, more: Partial<CallRecord> = {}): CallRecord {
  return { dueAt: at, sentAt: at, endedAt: at + 1, status: 'OK', ...more };
}

test('the time line counts from the change, earlier calls below zero', () => {
  const records = [call(1250, { pod: 'b' }), call(990, { pod: 'a' }), call(1201, { status: 'UNAVAILABLE', pod: 'a' })];
  assert.deepEqual(timelineOf(records, 1000), {
    bucketMs: 100,
    buckets: [
      { atMs: -100, answered: { a: 1 }, failed: 0 },
      { atMs: 200, answered: { b: 1 }, failed: 1 },
    ],
  });
});

test('an answer that names no pod makes a bucket, and counts for none', () => {
  assert.deepEqual(timelineOf([call(1000)], 1000).buckets, [{ atMs: 0, answered: {}, failed: 0 }]);
});
