import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lab } from './index.ts';
import { get, startLab, testPod } from './testdata/start.ts';

async function versions(lab: Lab): Promise<string[]> {
  const envs = await Promise.all(lab.pods('web').map(async ({ ip }) => JSON.parse(await get(`${ip}:8080`, '/env'))));
  return envs.map((env) => env.VERSION);
}

/** Watches a deployment: how few pods were ready at any time, and how many there were. */
function watch(lab: Lab): { minReady: number; maxPods: number } {
  const seen = { minReady: Number.POSITIVE_INFINITY, maxPods: 0 };
  lab.on('pod', () => {
    const pods = lab.pods('web').filter(({ terminating }) => !terminating);
    seen.minReady = Math.min(seen.minReady, pods.filter(({ ready }) => ready).length);
    seen.maxPods = Math.max(seen.maxPods, pods.length);
  });
  return seen;
}

test('a rollout replaces one by one, waits for readiness, and undo brings the old version back', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({ name: 'web', replicas: 3, template: testPod({ VERSION: 'v1' }) });
  await lab.ready('web');
  const seen = watch(lab);

  lab.rollout('web', { env: { VERSION: 'v2' } }, { cause: 'version 2' });
  const second = await lab.settled('web');
  assert.deepEqual(await versions(lab), ['v2', 'v2', 'v2']);
  assert.deepEqual(seen, { minReady: 3, maxPods: 4 });
  assert.deepEqual(
    lab.history('web').map(({ revision, cause }) => [revision, cause]),
    [
      [1, ''],
      [2, 'version 2'],
    ],
  );

  lab.undo('web');
  const third = await lab.settled('web');
  assert.deepEqual(await versions(lab), ['v1', 'v1', 'v1']);
  assert.deepEqual(seen, { minReady: 3, maxPods: 4 });
  assert.deepEqual(
    lab.history('web').map(({ revision }) => revision),
    [2, 3],
  );
  assert.notEqual(second[0]!.templateHash, third[0]!.templateHash);

  lab.undo('web', 2);
  await lab.settled('web');
  assert.deepEqual(await versions(lab), ['v2', 'v2', 'v2']);
});

test('a rollout without a change replaces every pod, one with an equal template none', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({
    name: 'web',
    replicas: 2,
    template: testPod({ VERSION: 'v1' }),
    rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
  });
  const first = await lab.ready('web');
  const seen = watch(lab);
  lab.rollout('web');
  const second = await lab.settled('web');
  assert.equal(second.filter(({ name }) => first.some((other) => other.name === name)).length, 0);
  assert.deepEqual(seen, { minReady: 1, maxPods: 2 });

  lab.rollout('web', { env: { VERSION: 'v1' } });
  assert.equal(lab.history('web').length, 2);
  assert.deepEqual(await lab.settled('web'), second);
});

test('a version that never becomes ready leaves the old one working, and undo takes it away', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({ name: 'web', replicas: 3, template: testPod({ VERSION: 'v1' }) });
  const before = await lab.ready('web');
  const seen = watch(lab);
  lab.rollout('web', { env: { VERSION: 'v2', EXIT_AT_ONCE: '1' } });
  await assert.rejects(lab.settled('web'), { code: 'EK_LAB_NOT_READY' });
  assert.equal(seen.minReady, 3);
  lab.undo('web');
  const after = await lab.settled('web');
  assert.deepEqual(
    after.map(({ name }) => name),
    before.map(({ name }) => name),
  );
});

test('a pod counts in a rollout only after it was ready for long enough', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({ name: 'web', template: testPod({ VERSION: 'v1' }), minReadyMs: 150 });
  const [before] = await lab.ready('web');
  const times: { ready?: number; terminating?: number } = {};
  lab.on('pod', ({ type, pod, at }) => {
    if (type === 'ready' && pod.name !== before!.name) times.ready = at;
    if (type === 'terminating' && pod.name === before!.name) times.terminating = at;
  });
  lab.rollout('web', { env: { VERSION: 'v2' } });
  await lab.settled('web');
  assert.ok(times.terminating! - times.ready! >= 149, JSON.stringify(times));
});
