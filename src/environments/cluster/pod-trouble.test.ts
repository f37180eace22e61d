import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1ContainerState, V1Pod } from '@kubernetes/client-node';
import { isReady, troubleOf, waitingFor } from './pod-trouble.ts';

function pod(state: V1ContainerState, lastState: V1ContainerState = {}): V1Pod {
  return {
    metadata: { name: 'be1-x' },
    status: {
      containerStatuses: [
        { name: 'main', image: 'evenkeel:1', imageID: '', ready: false, restartCount: 0, state, lastState },
      ],
    },
  };
}

for (const reason of ['ErrImageNeverPull', 'ImagePullBackOff', 'ErrImagePull', 'InvalidImageName']) {
  test(`${reason} is a mistake in the image`, () => {
    const trouble = troubleOf(pod({ waiting: { reason, message: 'the reason in words' } }));
    assert.equal(trouble?.code, 'EK_PROVE_IMAGE');
    assert.equal(trouble.exitCode, 2);
    assert.equal(trouble.message, `be1-x cannot get the image evenkeel:1: ${reason}: the reason in words`);
  });
}

test('a container that keeps ending says how it ended and what it said', () => {
  const trouble = troubleOf(
    pod(
      { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
      { terminated: { exitCode: 2, reason: 'Error', message: 'error EK_USAGE: no\n' } },
    ),
  );
  assert.equal(trouble?.code, 'EK_PROVE_POD');
  assert.equal(
    trouble.message,
    'be1-x does not run: CrashLoopBackOff: back-off 10s; it ended with exit code 2 (Error): error EK_USAGE: no',
  );
});

test('a container that is being made is no trouble', () => {
  assert.equal(troubleOf(pod({ waiting: { reason: 'ContainerCreating' } })), undefined);
  assert.equal(troubleOf(pod({ running: {} })), undefined);
  assert.equal(troubleOf({}), undefined);
});

test('says what a pod waits for', () => {
  const unscheduled: V1Pod = {
    metadata: { name: 'be1-x' },
    status: { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/2 nodes are available' }] },
  };
  assert.equal(waitingFor(unscheduled), 'be1-x is on no node: 0/2 nodes are available');
  assert.equal(waitingFor(pod({ waiting: { reason: 'ContainerCreating' } })), 'be1-x waits: ContainerCreating');
  assert.equal(waitingFor(pod({ running: {} })), 'be1-x runs and is not ready');
});

test('a pod that was told to end is not ready any more', () => {
  const status = { conditions: [{ type: 'Ready', status: 'True' }] };
  assert.equal(isReady({ metadata: {}, status }), true);
  assert.equal(isReady({ metadata: { deletionTimestamp: new Date() }, status }), false);
});
