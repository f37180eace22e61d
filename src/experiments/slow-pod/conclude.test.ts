import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concludeSlowPod } from './conclude.ts';
import type { MeasuredSlowPod } from './report.ts';

const row = (policy: string, sentToSlow: number): MeasuredSlowPod => ({
  ...{ policy, client: 'grpc-js', deadlineMs: 1000, status: 'ok', calls: 400, failed: 0, failures: {}, sentToSlow },
  ...{ lastFailureMs: null, p50Ms: 20, p99Ms: 200, p50OfAllMs: 20, p99OfAllMs: 200, why: 'so' },
});

test('who avoided the slow pod, and with whom it got its turn', () => {
  assert.equal(
    concludeSlowPod([row('round_robin', 100), row('least_request', 30)], 4, false),
    'The slow pod was avoided by least_request, deadline 1 s (down to 7.5 % instead of 25 %). ' +
      'It got its full turn with round_robin, deadline 1 s.',
  );
  assert.equal(concludeSlowPod([], 4, false), 'Nothing was measured.');
});
