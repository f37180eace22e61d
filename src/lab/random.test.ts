import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pick, seededRandom } from './random.ts';

test('a seed gives the same numbers again, another stream gives others', () => {
  const take = (seed: number, stream: string): number[] => {
    const random = seededRandom(seed, stream);
    return Array.from({ length: 20 }, () => random());
  };
  assert.deepEqual(take(1, 'a'), take(1, 'a'));
  assert.notDeepEqual(take(1, 'a'), take(1, 'b'));
  assert.notDeepEqual(take(1, 'a'), take(2, 'a'));
  assert.ok(take(3, 'c').every((value) => value >= 0 && value < 1));
});

test('every item is picked about equally often', () => {
  const random = seededRandom(1, 'pick');
  const counts = new Map<string, number>();
  for (let index = 0; index < 30_000; index++) {
    const item = pick(['a', 'b', 'c'], random)!;
    counts.set(item, (counts.get(item) ?? 0) + 1);
  }
  // 10 000 expected; 400 is five standard deviations of that.
  for (const count of counts.values()) assert.ok(Math.abs(count - 10_000) < 400, String(count));
  assert.equal(pick([], random), undefined);
});
