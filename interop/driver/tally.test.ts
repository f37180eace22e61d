import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { add, answered, emptyTally, failed, podsOf, since, type Tally } from './tally.ts';

const tally: Tally = {
  backends: { 'xds:///a': { 'a-1': 3, 'a-2': 2 }, 'xds:///b': { 'b-1': 1 } },
  failures: { 'UNAVAILABLE: gone': 2 },
};

suite('tally', () => {
  test('counts answers over all targets, and failures apart from them', () => {
    assert.equal(answered(tally), 6);
    assert.equal(failed(tally), 2);
    assert.equal(answered(emptyTally), 0);
  });

  test('knows the pods of one target and of all', () => {
    assert.deepEqual([...podsOf(tally, 'xds:///a')], ['a-1', 'a-2']);
    assert.deepEqual([...podsOf(tally)], ['a-1', 'a-2', 'b-1']);
    assert.deepEqual([...podsOf(tally, 'xds:///c')], []);
  });

  test('a difference holds only what was added', () => {
    const later = add(tally, { backends: { 'xds:///a': { 'a-2': 1, 'a-3': 4 } }, failures: {} });
    const recent = since(tally, later);
    assert.deepEqual(recent.backends['xds:///a'], { 'a-2': 1, 'a-3': 4 });
    assert.deepEqual([...podsOf(recent)], ['a-2', 'a-3']);
    assert.equal(failed(recent), 0);
  });

  test('sums keep every target and every failure', () => {
    const sum = add(tally, {
      backends: { 'xds:///c': { 'c-1': 1 } },
      failures: { 'UNAVAILABLE: gone': 1, 'ABORTED: x': 1 },
    });
    assert.equal(answered(sum), 7);
    assert.deepEqual(sum.failures, { 'UNAVAILABLE: gone': 3, 'ABORTED: x': 1 });
  });
});
