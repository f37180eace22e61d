import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockPool, blockBytes } from './block-pool.ts';

/** Whether a block has pages of its own. */
const isMapped = (block: Buffer): boolean => (block.buffer as ArrayBuffer).resizable;

test('a block that is not kept is gone at once, and one that is kept is given out again', () => {
  const pool = new BlockPool();
  const [one, other] = [pool.take('large'), pool.take('large')];
  assert.equal(one.length, blockBytes.large);
  for (const block of [one, other]) pool.giveBack(block);
  pool.trim(blockBytes.large);
  assert.deepEqual([one.length, other.length, pool.freeBytes], [blockBytes.large, 0, blockBytes.large]);
  assert.equal(pool.take('large'), one);
  assert.equal(pool.freeBytes, 0);
});

test('no more blocks have pages of their own than the system has mappings to spare', () => {
  const pool = new BlockPool(2);
  const blocks = Array.from({ length: 3 }, () => pool.take('small'));
  assert.deepEqual(blocks.map(isMapped), [true, true, false]);
  for (const block of blocks) pool.giveBack(block);
  pool.trim(-1);
  assert.equal(pool.freeBytes, 0);
  assert.deepEqual(
    Array.from({ length: 3 }, () => isMapped(pool.take('small'))),
    [true, true, false],
  );
});
