import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byPlace } from './places.ts';

const backends = [
  { name: 'a', zone: 'zone-b', kubeNode: 'node-2' },
  { name: 'b', zone: 'zone-a', kubeNode: 'node-1' },
  { name: 'c', zone: 'zone-b', kubeNode: 'node-3' },
];
const answered = new Map([
  ['a', 10],
  ['b', 5],
]);

test('calls are put together by place, pods without a call count as pods', () => {
  assert.deepEqual(byPlace(backends, 'zone', answered), [
    { name: 'zone-a', pods: 1, calls: 5 },
    { name: 'zone-b', pods: 2, calls: 10 },
  ]);
  assert.deepEqual(
    byPlace(backends, 'kubeNode', answered).map(({ name, calls }) => [name, calls]),
    [
      ['node-1', 5],
      ['node-2', 10],
      ['node-3', 0],
    ],
  );
});

test('half a view is none', () => {
  assert.deepEqual(byPlace([...backends, { name: 'd' }], 'zone', answered), []);
  assert.deepEqual(byPlace([], 'zone', answered), []);
});
