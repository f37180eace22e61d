import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits, type PlannedPod, planReplacement } from './replacement.ts';
import type { RollingUpdate } from './spec.ts';

let made = 0;

function pod(current: boolean, ready = true, kubeNode = 'node-1'): PlannedPod {
  made += 1;
  return { name: `pod-${made}`, kubeNode, current, ready, available: ready, createdAt: made };
}

function pods(count: number, current: boolean, ready = true): PlannedPod[] {
  return Array.from({ length: count }, () => pod(current, ready));
}

test('shares of the replicas: surge rounded up, unavailable rounded down, never both nothing', () => {
  assert.deepEqual(limits(3, {}), { surge: 1, unavailable: 0 });
  assert.deepEqual(limits(10, {}), { surge: 3, unavailable: 2 });
  assert.deepEqual(limits(3, { maxSurge: 0, maxUnavailable: 0 }), { surge: 0, unavailable: 1 });
  assert.deepEqual(limits(4, { maxSurge: '100%', maxUnavailable: '50%' }), { surge: 4, unavailable: 2 });
});

test('a new deployment makes all its pods at once', () => {
  assert.deepEqual(planReplacement(6, {}, []), { create: 6, remove: [] });
});

test('what is as it should be is left alone', () => {
  assert.deepEqual(planReplacement(3, {}, pods(3, true)), { create: 0, remove: [] });
  assert.deepEqual(planReplacement(3, {}, [...pods(2, true), pod(true, false)]), { create: 0, remove: [] });
});

test('scale-in takes unready pods first, then from the fullest machine, then the youngest', () => {
  const old = pod(true, true, 'node-1');
  const crowded = pod(true, true, 'node-1');
  const alone = pod(true, true, 'node-2');
  const unready = pod(true, false, 'node-3');
  const all = [old, crowded, alone, unready];
  assert.deepEqual(planReplacement(3, {}, all).remove, [unready.name]);
  assert.deepEqual(planReplacement(2, {}, all).remove, [unready.name, crowded.name]);
  assert.deepEqual(planReplacement(1, {}, all).remove, [unready.name, crowded.name, alone.name]);
  assert.deepEqual(planReplacement(0, {}, all).remove.length, 4);
});

test('a broken old pod goes even where every working one is needed', () => {
  const broken = pod(false, false);
  const plan = planReplacement(3, { maxSurge: 1, maxUnavailable: 0 }, [...pods(2, false), broken, pod(true)]);
  assert.deepEqual(plan.remove, [broken.name]);
});

/** Plays a rollout: pods become ready one at a time, and every step is held to the promise. */
function play(replicas: number, strategy: RollingUpdate): number {
  const { surge, unavailable } = limits(replicas, strategy);
  let now = pods(replicas, false);
  for (let step = 1; step < 1000; step++) {
    const plan = planReplacement(replicas, strategy, now);
    now = [...now.filter(({ name }) => !plan.remove.includes(name)), ...pods(plan.create, true, false)];
    assert.ok(now.length <= replicas + surge, `${now.length} pods in step ${step}`);
    assert.ok(now.filter(({ ready }) => ready).length >= replicas - unavailable, `too few ready in step ${step}`);
    const starting = now.findIndex(({ ready }) => !ready);
    if (starting >= 0) now[starting] = { ...now[starting]!, ready: true, available: true };
    else if (plan.create === 0 && plan.remove.length === 0) {
      assert.ok(now.length === replicas && now.every(({ current }) => current));
      return step;
    }
  }
  throw new Error('the rollout never ends');
}

test('a rollout ends, within its limits at every step', () => {
  const shares = [0, 1, 2, '25%', '100%'] as const;
  for (const replicas of [0, 1, 2, 3, 7, 10]) {
    for (const maxSurge of shares) for (const maxUnavailable of shares) play(replicas, { maxSurge, maxUnavailable });
  }
});
