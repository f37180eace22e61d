import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockBytes } from '../memory/block-pool.ts';
import { MemoryBudget } from '../memory/memory-budget.ts';
import { frameMessage, MessageReader } from './message-reader.ts';

function world(totalBytes: number) {
  const budget = new MemoryBudget({ totalBytes, connectionBytes: totalBytes });
  const account = budget.open({ isIdle: () => false, evict() {} }, 0);
  const received: Buffer[] = [];
  const reader = new MessageReader(totalBytes, account);
  const sink = { message: (bytes: Buffer) => void received.push(bytes) };
  return { budget, account, received, reader, sink };
}

/** Bytes that tell where they stood. */
const content = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff));

test('a message is the same in whatever pieces it comes, and nothing is left of it', () => {
  const { small, large } = blockBytes;
  const lengths = [
    0,
    1,
    1_019,
    1_020,
    5_000,
    small - 5,
    small - 4,
    small + large - 5,
    small + large - 4,
    large * 3 + 17,
  ];
  for (const length of lengths) {
    for (const piece of [1, 3, 4_999, large, length + 5]) {
      const { account, received, reader, sink } = world(1_000_000);
      const bytes = frameMessage(content(length));
      for (let at = 0; at < bytes.length; at += piece) reader.read(bytes.subarray(at, at + piece), sink);
      assert.equal(received.length, 1, `${length} in ${piece}`);
      assert.ok(received[0]!.equals(content(length)), `${length} in ${piece}`);
      assert.equal(account.bytes, 0);
    }
  }
});

test('what a message has is charged: twice its bytes while it is tiny, then no more than a block beyond these', () => {
  const { account, reader, sink } = world(1_000_000);
  const bytes = frameMessage(content(300_000));
  for (let at = 0; at < 299_000; at += 100) {
    reader.read(bytes.subarray(at, at + 100), sink);
    const held = at + 100;
    const { small, large } = blockBytes;
    const most = held <= 1_024 ? held * 2 : held <= small ? small : held + large;
    assert.ok(account.bytes >= held && account.bytes <= most, `${account.bytes} for ${held}`);
  }
  reader.close();
  assert.equal(account.bytes, 0);
});

test('one message after the other lies in the same blocks, and no message in a block that is used again', () => {
  const { received, reader, sink } = world(100 * blockBytes.large);
  const bytes = frameMessage(content(10 * blockBytes.large));
  for (let turn = 0; turn < 3; turn++) {
    reader.read(bytes.subarray(0, 1_000), sink);
    reader.read(bytes.subarray(1_000), sink);
  }
  assert.equal(received.length, 3);
  for (const message of received) assert.ok(message.equals(content(10 * blockBytes.large)));
});

test('blocks that nobody uses are a part of the budget, and make room for what is used', () => {
  const { small, large } = blockBytes;
  const { budget, account } = world(80 * large);
  const blocks = Array.from({ length: 20 }, (_, at) => account.takeBlock(at < 4 ? 'small' : 'large'));
  assert.equal(account.bytes, 4 * small + 16 * large);
  for (const block of blocks) account.giveBack(block);
  assert.deepEqual([budget.usedBytes, budget.freeBytes], [0, 10 * large], 'an eighth is kept');
  account.charge(76 * large);
  assert.equal(budget.freeBytes, 4 * large);
  account.charge(4 * large);
  assert.equal(budget.freeBytes, 0);
  assert.deepEqual([...new Set(blocks.map((block) => block.length))], [0], 'the system has their pages');
});
