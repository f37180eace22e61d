import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import { changesOf, goneOf, type PodState, stateOf } from './pod-changes.ts';

const labels = { 'app.kubernetes.io/name': 'be1' };
const ready = { conditions: [{ type: 'Ready', status: 'True' }], podIP: '10.0.0.1' };

/** What is told of a pod that is seen in these states, one after the other; the last may be its deletion. */
function told(...pods: (V1Pod | 'deleted')[]): string[] {
  let before: PodState | undefined;
  let last: V1Pod = {};
  return pods.flatMap((pod) => {
    if (pod !== 'deleted') last = { ...pod, metadata: { ...pod.metadata, name: 'be1-x', labels } };
    const now = pod === 'deleted' ? goneOf(stateOf(last)!) : stateOf(last)!;
    const changes = changesOf(before, now);
    before = now;
    return changes;
  });
}

const ending = { metadata: { deletionTimestamp: new Date() }, status: ready };
const exited = {
  ...ending,
  status: {
    containerStatuses: [
      {
        name: 'main',
        image: '',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode: 0 } },
      },
    ],
  },
};

test('a pod that comes and goes', () => {
  assert.deepEqual(told({ status: {} }, { status: ready }, { status: ready }, ending, exited, 'deleted'), [
    'ready',
    'terminating',
    'ended',
  ]);
});

test('a pod that goes at once', () => {
  assert.deepEqual(told({ status: ready }, 'deleted'), ['ready', 'terminating', 'ended']);
  assert.deepEqual(told({ status: {} }, 'deleted'), ['terminating', 'ended']);
});

test('a pod that turns unready and ready again is told again', () => {
  assert.deepEqual(told({ status: ready }, { status: {} }, { status: ready }), ['ready', 'ready']);
});

test('a container that is started again has not ended', () => {
  assert.deepEqual(told({ status: ready }, { status: exited.status }, { status: ready }), ['ready', 'ready']);
});

test('a pod of nobody is none of ours', () => {
  assert.equal(stateOf({ metadata: { name: 'x' } }), undefined);
});
