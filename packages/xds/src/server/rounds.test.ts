import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../clock.ts';
import { Rounds } from './rounds.ts';

test('every member is visited once an interval, never all at once, and no timer is left', () => {
  const clock = new ManualClock();
  const visited: number[] = [];
  const rounds = new Rounds<number>(clock, 3_200, (member) => visited.push(member));
  const members = Array.from({ length: 64 }, (_, index) => index);
  for (const member of members) rounds.add(member);
  for (let part = 0; part < 32; part++) {
    clock.advance(100);
    assert.equal(visited.length, 2 * (part + 1));
  }
  assert.deepEqual(
    visited.sort((a, b) => a - b),
    members,
  );
  for (const member of members) rounds.delete(member);
  rounds.delete(0);
  assert.equal(clock.pending, 0);
  clock.advance(10_000);
  assert.equal(visited.length, 64);
});

test('a member that goes while others are visited is not', () => {
  const clock = new ManualClock();
  const visited: number[] = [];
  const rounds: Rounds<number> = new Rounds(clock, 3_200, (member) => {
    visited.push(member);
    rounds.delete(member);
  });
  for (const member of [1, 2, 3]) rounds.add(member);
  clock.advance(6_400);
  assert.deepEqual([visited, clock.pending], [[1, 2, 3], 0]);
});

test('without an interval nobody is visited', () => {
  const clock = new ManualClock();
  const rounds = new Rounds<number>(clock, 0, () => assert.fail('visited'));
  rounds.add(1);
  assert.equal(clock.pending, 0);
});
