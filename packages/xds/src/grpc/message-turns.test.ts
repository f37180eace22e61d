import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noAccount } from '../memory/account.ts';
import { frameMessage, MessageReader } from './message-reader.ts';

test('messages are passed on one by one where the turn is over, and the rest comes later', () => {
  const reader = new MessageReader(100, noAccount);
  const received: string[] = [];
  const sink = { isFull: true, message: (bytes: Buffer) => void received.push(bytes.toString()) };
  const bytes = Buffer.concat(['a', 'b', 'c'].map((text) => frameMessage(Buffer.from(text))));
  const tail = frameMessage(Buffer.from('dd'));
  assert.equal(reader.read(Buffer.concat([bytes, tail.subarray(0, 4)]), sink), true);
  assert.deepEqual(received, ['a']);
  assert.equal(reader.read(Buffer.alloc(0), sink), true);
  assert.deepEqual(received, ['a', 'b']);
  sink.isFull = false;
  assert.equal(reader.read(Buffer.alloc(0), sink), false);
  assert.deepEqual(received, ['a', 'b', 'c']);
  assert.equal(reader.isInsideMessage, true);
  assert.equal(reader.read(tail.subarray(4), sink), false);
  assert.deepEqual(received, ['a', 'b', 'c', 'dd']);
});
