import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from '../clock.ts';
import { GrpcRouter } from '../grpc/router.ts';
import { encodeGrpcMessage, maxMessageBytes } from '../grpc/status.ts';
import { MemoryBudget } from '../memory/memory-budget.ts';
import { Http2Connection } from './connection.ts';
import { EventLoop } from './event-loop.ts';
import { defaultHttp2Limits } from './limits.ts';
import { handshake, headerBlock, rawFrame, request, startConversation } from './testing/conversation.ts';

const refused = (id: number) =>
  request(id, true, { ':path': `/${'%'.repeat(3_000)}`, 'content-type': 'application/grpc' });

/** A router on a connection whose client does not read; what it wrote, and why it ended. */
function unread(memory = new MemoryBudget()) {
  const router = new GrpcRouter();
  const written: Uint8Array[] = [];
  const faults: string[] = [];
  let ended = false;
  const wire = {
    peer: { address: '127.0.0.1:1', certificate: undefined },
    takesMore: false,
    heldBytes: 0,
    pause() {},
    resume() {},
    cork() {},
    uncork() {},
    write: (bytes: Uint8Array) => void written.push(bytes),
    end: () => {
      ended = true;
    },
    destroy: () => {
      ended = true;
    },
  };
  const owner = {
    request: (stream: Parameters<GrpcRouter['handle']>[0]) => router.handle(stream),
    fault: (_connection: unknown, { reason }: { reason: string }) => void faults.push(reason),
  };
  const clock = new ManualClock();
  const connection = new Http2Connection(wire, owner, defaultHttp2Limits, clock, memory, new EventLoop(clock));
  connection.receive(handshake);
  return { connection, faults, written, wire, isEnded: () => ended, bytes: () => Buffer.concat(written).length };
}

test('refused requests whose answers nobody reads: the headers count, and the connection goes', async () => {
  const { connection, faults, isEnded, bytes } = unread();
  for (let index = 0; index < 2_000 && !isEnded(); index++) {
    connection.receive(refused(index * 2 + 1));
    await nextTurn();
  }
  assert.equal(isEnded(), true);
  assert.deepEqual(faults, ['unread']);
  assert.ok(bytes() < defaultHttp2Limits.waitingAnswerBytes + 1_000, `${bytes()} bytes`);
});

test('what is written to a client that does not read is charged until it reads', () => {
  const memory = new MemoryBudget();
  const { connection, wire } = unread(memory);
  const before = memory.usedBytes;
  const ping = rawFrame('ping', 0, 0, '12345678');
  for (let count = 0; count < 10; count++) connection.receive(ping);
  assert.equal(memory.usedBytes - before, 10 * ping.length);
  wire.takesMore = true;
  connection.drained();
  assert.ok(memory.usedBytes < before, 'nor the SETTINGS from before');
  connection.closed();
  assert.equal(memory.usedBytes, 0);
});

test('of what a client sent no more than 256 bytes come back', () => {
  const messages = [
    '%'.repeat(20_000),
    'x'.repeat(20_000),
    'ä'.repeat(9_000),
    '😀'.repeat(9_000),
    '\ud800'.repeat(900),
  ];
  for (const message of messages) {
    const encoded = encodeGrpcMessage(message);
    assert.ok(encoded.length <= maxMessageBytes, `${encoded.length}`);
    assert.match(encoded, /^(?:[ -$&-~]|%[0-9A-F]{2})+\.\.\.$/);
  }
  assert.equal(encodeGrpcMessage('ok: 100 %'), 'ok: 100 %25');
  const { connection, wire, written } = unread();
  wire.takesMore = true;
  const before = written.length;
  connection.receive(refused(1));
  assert.ok(Buffer.concat(written.slice(before)).length < 400);
});

test('the payload of a PING cannot be guessed', () => {
  const payloads = new Set<string>();
  let answered = 0;
  const conversation = startConversation();
  for (let count = 0; count < 20; count++) conversation.connection.ping(() => (answered += 1));
  for (const { payload } of conversation.received()) payloads.add(payload.toString('hex'));
  assert.equal(payloads.size, 20);
  const guess = Buffer.alloc(8);
  for (let id = 0; id < 100; id++) {
    guess.writeUInt32BE(id, 4);
    conversation.send(rawFrame('ping', 1, 0, guess.toString('latin1')));
  }
  assert.equal(answered, 0);
  for (const payload of payloads)
    conversation.send(rawFrame('ping', 1, 0, Buffer.from(payload, 'hex').toString('latin1')));
  assert.equal(answered, 20);
});

test('frames, headers and streams are charged while they are there', () => {
  const conversation = startConversation();
  const { memory, connection } = conversation;
  const idle = memory.usedBytes;
  const grown = (): number => memory.usedBytes - idle;
  const frame = rawFrame('headers', 0, 1, headerBlock());
  conversation.send(frame.subarray(0, 12));
  assert.ok(grown() >= frame.length, 'a frame that has not ended');
  conversation.send(frame.subarray(12));
  assert.ok(grown() > 0, 'a header block that has not ended');
  conversation.send(rawFrame('continuation', 4, 1, `\x40\x01a\x7f\xa1\x1e${'x'.repeat(4_000)}`));
  assert.ok(grown() > 8_000, `a stream with its headers, and the table: ${grown()}`);
  conversation.send(rawFrame('rstStream', 0, 1, '\0\0\0\x08'));
  assert.ok(grown() > 4_000 && grown() < 4_100, `the table: ${grown()}`);
  connection.closed();
  assert.equal(memory.usedBytes, 0);
});
