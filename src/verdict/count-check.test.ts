import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CounterReading } from './count-check.ts';
import { checkCounts } from './count-check.ts';

const answered = new Map([
  ['a', 10],
  ['b', 10],
]);

function readings(a: number, b: number, final = true): readonly CounterReading[] {
  return [
    { pod: 'a', calls: a, final },
    { pod: 'b', calls: b, final: true },
  ];
}

function problem(failed: number, given: readonly CounterReading[]): string | undefined {
  return checkCounts(answered, failed, { readings: given, unreadable: [] }).problem;
}

test('equal counts agree', () => {
  assert.equal(problem(0, readings(10, 10)), undefined);
});

test('a backend that counted less than it answered is named', () => {
  assert.equal(problem(5, readings(9, 10)), 'a answered 10 calls but counted 9');
});

test('a surplus is explained by failed calls, no further', () => {
  assert.equal(problem(1, readings(11, 10)), undefined);
  assert.match(problem(1, readings(11, 11))!, /counted 2 calls more than were answered, but only 1 failed/);
  assert.match(problem(0, readings(10, 11))!, /only 0 failed/);
});

test('a surplus at a backend that never answered counts too', () => {
  assert.match(problem(0, [...readings(10, 10), { pod: 'c', calls: 1, final: true }])!, /1 calls more/);
});

test('a reading that is not final is a lower bound', () => {
  assert.equal(problem(0, readings(4, 10, false)), undefined);
  assert.match(problem(0, readings(11, 10, false))!, /1 calls more/);
});

test('what cannot be read is named and not judged, what is not mentioned is a problem', () => {
  const gone = { pod: 'a', reason: 'it had ended' };
  const [, b] = readings(0, 10);
  assert.deepEqual(checkCounts(answered, 0, { readings: [b!], unreadable: [gone] }), { unreadable: [gone] });
  assert.match(problem(0, [b!])!, /nothing is known of what a counted/);
});
