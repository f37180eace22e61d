import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from './clock.ts';

test('timers run in the order in which they fall due, those set on the way included', () => {
  const clock = new ManualClock();
  const ran: string[] = [];
  clock.after(20, () => ran.push(`b@${clock.now()}`));
  clock.after(10, () => {
    ran.push(`a@${clock.now()}`);
    clock.after(5, () => ran.push(`c@${clock.now()}`));
  });
  clock.advance(20);
  assert.deepEqual(ran, ['a@10', 'c@15', 'b@20']);
  assert.equal(clock.pending, 0);
});

test('a cancelled timer never runs', () => {
  const clock = new ManualClock();
  const cancel = clock.after(10, () => assert.fail('it ran'));
  cancel();
  clock.advance(100);
  assert.equal(clock.pending, 0);
});
