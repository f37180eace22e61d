import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PendingNames } from './pending-names.ts';

test('one name takes the place of nothing, and goes without a trace', () => {
  const pending = new PendingNames();
  assert.deepEqual([pending.size, pending.names(), pending.has('a')], [0, [], false]);

  pending.set('a', false);
  pending.set('a', true);
  assert.deepEqual([pending.size, [...pending.entries()], pending.has('a')], [1, [['a', true]], true]);

  pending.delete('b');
  assert.equal(pending.size, 1);
  pending.delete('a');
  assert.deepEqual([pending.size, pending.names(), pending.has('a')], [0, [], false]);
});

test('many names keep their order while they are visited and deleted', () => {
  const pending = new PendingNames();
  for (const name of ['a', 'b', 'c']) pending.set(name, name === 'b');
  pending.set('a', true);
  assert.deepEqual([pending.size, pending.has('c'), pending.has('d')], [3, true, false]);

  const visited: [string, boolean][] = [];
  for (const [name, wanted] of pending.entries()) {
    visited.push([name, wanted]);
    pending.delete(name);
  }
  assert.deepEqual(visited, [
    ['a', true],
    ['b', true],
    ['c', false],
  ]);
  assert.deepEqual([pending.size, pending.names()], [0, []]);

  pending.set('d', false);
  assert.deepEqual(pending.names(), ['d']);
});

test('a name that is left of many stays', () => {
  const pending = new PendingNames();
  pending.set('a', true);
  pending.set('b', false);
  pending.delete('a');
  assert.deepEqual([pending.size, pending.has('a'), [...pending.entries()]], [1, false, [['b', false]]]);
});
