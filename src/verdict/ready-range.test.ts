import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodEvent } from './convergence.ts';
import { readyRange } from './ready-range.ts';

function event(event: PodEvent['event'], pod: string, at: number): PodEvent {
  return { event, pod, address: '', at };
}

test('one new pod at a time, and an old one goes only after it', () => {
  const events = [
    event('ready', 'c', 1),
    event('terminating', 'a', 2),
    event('ready', 'd', 3),
    event('terminating', 'b', 4),
    event('ended', 'a', 5),
    event('ended', 'b', 6),
  ];
  assert.deepEqual(readyRange(['a', 'b'], events), { least: 2, most: 3 });
  assert.deepEqual(readyRange(['a', 'b'], events.toReversed()), { least: 2, most: 3 }, 'times count, not order');
});

test('an old pod that goes first is a pod too few; one that ends unasked, too', () => {
  assert.deepEqual(readyRange(['a', 'b'], [event('terminating', 'a', 1), event('ready', 'c', 2)]), {
    least: 1,
    most: 2,
  });
  assert.deepEqual(readyRange(['a'], [event('ended', 'a', 1)]), { least: 0, most: 1 });
});

test('a pod that turns ready again is the same pod', () => {
  assert.deepEqual(readyRange(['a'], [event('ready', 'a', 1)]), { least: 1, most: 1 });
});
