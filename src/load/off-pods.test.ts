import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadViewPod } from './load-view.ts';
import { offPods } from './off-pods.ts';

const pod = (name: string, more: Partial<LoadViewPod> = {}): LoadViewPod => ({
  ...{ pod: name, address: `${name}:1`, zone: '', calls: 100, failed: 0, inFlight: 0.2, meanMs: null, ejected: null },
  total: { calls: 0, failed: 0 },
  ...more,
});

const off = (pods: readonly LoadViewPod[], verdict: Parameters<typeof offPods>[0]['verdict'] = 'balanced') =>
  Object.fromEntries(offPods({ pods, verdict }));

test('where all are alike none stands out', () => {
  assert.deepEqual(off([pod('a'), pod('b'), pod('c')]), {});
  assert.deepEqual(off([]), {});
  assert.deepEqual(off([pod('a')]), {});
});

test('a pod that fails its calls stands out, and where all fail none does', () => {
  assert.deepEqual(off([pod('a', { failed: 40 }), pod('b'), pod('c', { failed: 1 })]), {
    'a:1': 'fails 40 % of its calls, the others 0.5 %',
  });
  assert.deepEqual(off([pod('a', { failed: 40 }), pod('b', { failed: 42 }), pod('c', { failed: 39 })]), {});
  assert.deepEqual(off([pod('a', { failed: 2 }), pod('b')]), {}, 'too few');
});

test('a pod that does not answer stands out before a call has failed', () => {
  assert.deepEqual(off([pod('a', { inFlight: 23.4 }), pod('b'), pod('c', { inFlight: 0.4 })]), {
    'a:1': '23 calls in flight, others 0.4',
  });
  assert.deepEqual(off([pod('a', { inFlight: 23 }), pod('b', { inFlight: 20 })]), {}, 'all are slow');
  assert.deepEqual(off([pod('a', { inFlight: 1 }), pod('b', { inFlight: 0 })]), {}, 'one long call');
  assert.deepEqual(off([pod('a', { inFlight: 50 })]), {}, 'nothing to compare it with');
});

test('shares stand out as the verdict says', () => {
  const uneven = [pod('a', { calls: 160 }), pod('b', { calls: 40 }), pod('c')];
  assert.deepEqual(off(uneven, 'skewed'), {
    'a:1': 'gets 53 % of the calls, 33 % is even',
    'b:1': 'gets 13 % of the calls, 33 % is even',
  });
  assert.deepEqual(off(uneven, 'inconclusive'), {});
  assert.deepEqual(off([pod('a'), pod('b', { calls: 0 })], 'partial'), { 'b:1': 'gets no calls' });
  assert.deepEqual(off([pod('a'), pod('b', { calls: 0 }), pod('c', { calls: 0 })], 'pinned'), {
    'a:1': 'gets all calls',
  });
});

test('a pod that is ejected says why', () => {
  const ejected = { since: '', until: '', why: 'fails for everybody' };
  assert.deepEqual(off([pod('a', { ejected, calls: 0 }), pod('b')]), { 'a:1': 'ejected: fails for everybody' });
});
