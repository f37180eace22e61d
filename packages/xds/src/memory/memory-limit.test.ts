import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heapLimitBytes, memoryLimitBytes } from './memory-limit.ts';

test('the limit of the cgroup where there is one, else what the host has', () => {
  assert.equal(memoryLimitBytes(512, 2_000), 512);
  assert.equal(memoryLimitBytes(0, 2_000), 2_000);
  assert.equal(memoryLimitBytes(2 ** 63, 2_000), 2_000, 'no limit in version 1');
  assert.ok(memoryLimitBytes() > 1_000_000);
  assert.ok(heapLimitBytes() > 1_000_000);
});
