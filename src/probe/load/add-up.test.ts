import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallRecord } from '../../verdict/call-record.ts';
import { addUp } from './add-up.ts';

function call(at: number, more: Partial<CallRecord> = {}): CallRecord {
  return { dueAt: at, sentAt: at, endedAt: at + 1, status: 'OK', ...more };
}

test('answers by pod, failures by status, latency of the answered from when they were due', () => {
  const sum = addUp(
    [
      call(0, { pod: 'a', sentAt: 3, endedAt: 7.129 }),
      call(10, { pod: 'a' }),
      call(20, {}),
      call(30, { status: 'UNAVAILABLE', pod: 'a', endedAt: 31 }),
    ],
    1000,
  );
  assert.deepEqual([...sum.answered], [['a', 2]]);
  assert.equal(sum.anonymous, 1);
  assert.deepEqual(sum.failures, { UNAVAILABLE: 1 });
  assert.equal(sum.failed, 1);
  assert.deepEqual(sum.latencyMs, { p50: 1, p99: 7.13, max: 7.13 });
  assert.deepEqual(sum.latencyOfAllMs, { p50: 1, p99: 1000, max: 1000 }, 'what failed took the deadline at least');
});

test('nothing answered: no latency', () => {
  assert.deepEqual(addUp([], 1000).latencyOfAllMs, { p50: null, p99: null, max: null });
});
