import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FaultReason } from '../http2/fault.ts';
import { errorCode, frameFlag } from '../http2/protocol.ts';
import { defaultHttp2Limits } from './limits.ts';
import { type Conversation, headerBlock, int32, rawFrame, request, startConversation } from './testing/conversation.ts';

const { burst } = defaultHttp2Limits.resets;
/** So that nothing waits before it is counted. */
const anyRate = { requests: { burst: 10_000, perSecond: 10_000 } };

/** The connection was closed for this reason, with GOAWAY and ENHANCE_YOUR_CALM, and its streams are over. */
function assertClosed(conversation: Conversation, reason: FaultReason): void {
  const fault = conversation.faults.at(-1);
  assert.deepEqual([fault?.scope, fault?.reason], ['connection', reason]);
  const last = conversation.received().at(-1);
  assert.deepEqual([last?.type, last?.payload.readUInt32BE(4)], ['goAway', errorCode.enhanceYourCalm]);
  assert.equal(conversation.ended, true);
  assert.equal(conversation.connection.streams, 0);
  assert.equal(conversation.clock.pending, 0, 'no timer is left');
}

function repeat(conversation: Conversation, times: number, frames: (index: number) => Uint8Array[]): void {
  for (let index = 0; index < times; index++) conversation.send(...frames(index));
}

test('rapid reset (CVE-2023-44487): streams that are opened and reset', () => {
  const conversation = startConversation(anyRate);
  const reset = (index: number) => [request(index * 2 + 1), rawFrame('rstStream', 0, index * 2 + 1, int32(8))];
  repeat(conversation, burst, reset);
  assert.deepEqual(conversation.faults, []);
  repeat(conversation, 1, () => reset(burst));
  assertClosed(conversation, 'reset-flood');
});

test('resets that the server is made to send (CVE-2025-8671) count as well', () => {
  const conversation = startConversation(anyRate);
  repeat(conversation, burst + 1, (index) => [
    request(index * 2 + 1),
    rawFrame('windowUpdate', 0, index * 2 + 1, int32(0)),
  ]);
  assertClosed(conversation, 'reset-flood');
});

test('a client that resets now and then is served', () => {
  const conversation = startConversation(anyRate);
  for (let index = 0; index < burst * 3; index++) {
    conversation.send(request(index * 2 + 1), rawFrame('rstStream', 0, index * 2 + 1, int32(8)));
    conversation.clock.advance(20);
  }
  assert.deepEqual(conversation.faults, []);
});

test('streams beyond the limit are refused, each with its reason', () => {
  const conversation = startConversation({ maxStreams: 2 }).send(request(1), request(3), request(5));
  const last = conversation.received().at(-1);
  assert.deepEqual([last?.type, last?.payload.readUInt32BE()], ['rstStream', errorCode.refusedStream]);
  assert.deepEqual(conversation.faults, [{ reason: 'streams', scope: 'stream', message: 'too many streams at once' }]);
  assert.equal(conversation.connection.streams, 2);
});

test('SETTINGS, PING, WINDOW_UPDATE, empty DATA, PRIORITY and unknown frames without end', async () => {
  const floods: [FaultReason, Uint8Array][] = [
    ['settings-flood', rawFrame('settings', 0, 0)],
    ['ping-flood', rawFrame('ping', 0, 0, '12345678')],
    ['window-update-flood', rawFrame('windowUpdate', 0, 0, int32(1))],
    ['empty-flood', rawFrame('data', 0, 1)],
    ['empty-flood', rawFrame('data', frameFlag.padded, 1, '\x01\0')],
    ['empty-flood', rawFrame('priority', 0, 1, '\0\0\0\0\0')],
    ['empty-flood', rawFrame(0xee, 0, 1, 'grease')],
    ['empty-flood', rawFrame('goAway', 0, 0, '\0\0\0\0\0\0\0\0')],
  ];
  for (const [reason, frame] of floods) {
    const conversation = startConversation().send(request(1));
    for (let count = 0; !conversation.ended && count < 20_000; count++) {
      conversation.send(frame);
      if (conversation.paused) await nextTurn();
    }
    assertClosed(conversation, reason);
  }
});

test('a header list that is too large costs the stream', () => {
  const conversation = startConversation({ headerListBytes: 500 });
  conversation.send(request(1, false, { 'x-large': 'x'.repeat(500) }), request(3));
  assert.deepEqual(
    conversation.faults.map(({ scope, reason }) => [scope, reason]),
    [['stream', 'header-flood']],
  );
  assert.deepEqual(
    conversation.streams.map(({ id }) => id),
    [3],
  );
});

test('a header block without end is not kept: in bytes, in frames, in empty frames', () => {
  const begin = rawFrame('headers', 0, 1, headerBlock());
  for (const more of ['x'.repeat(16_000), 'x', '']) {
    const conversation = startConversation().send(begin);
    const sent = [];
    for (let count = 0; !conversation.ended && count < 1_000; count++) {
      conversation.send(rawFrame('continuation', 0, 1, more));
      sent.push(more);
    }
    assert.ok(sent.join('').length <= defaultHttp2Limits.headerBlockBytes + 16_000);
    assertClosed(conversation, 'header-flood');
  }
});

test('an HPACK bomb costs what its bytes cost', () => {
  const conversation = startConversation();
  const entry = `\x40\x01a\x7f\xa1\x1e${'x'.repeat(4_000)}`;
  conversation.send(rawFrame('headers', 4, 1, headerBlock() + entry + '\xbe'.repeat(10_000)));
  assert.deepEqual([conversation.faults[0]?.scope, conversation.faults[0]?.reason], ['stream', 'header-flood']);
});

test('answers that nobody reads', () => {
  const conversation = startConversation({ waitingAnswerBytes: 1_000 });
  conversation.takesMore = false;
  repeat(conversation, 58, () => [rawFrame('ping', 0, 0, '12345678')]);
  assert.equal(conversation.ended, false);
  conversation.connection.drained();
  repeat(conversation, 59, () => [rawFrame('ping', 0, 0, '12345678')]);
  assertClosed(conversation, 'unread');
});

test('messages that nobody reads', () => {
  const conversation = startConversation({ waitingMessages: 10 }).send(request(1));
  conversation.takesMore = false;
  for (let count = 0; count < 10; count++) conversation.streams[0]!.write(Buffer.from('x'));
  assert.equal(conversation.streams[0]!.isOpen, true);
  conversation.streams[0]!.write(Buffer.from('x'));
  assert.deepEqual(conversation.events, ['1 closed']);
  assert.deepEqual([conversation.faults[0]?.scope, conversation.faults[0]?.reason], ['stream', 'unread']);
});

test('windows that grow beyond 2^31-1, and data beyond the window', () => {
  const overflow = int32(2 ** 31 - 1);
  const data = rawFrame('data', 0, 1, 'x'.repeat(16_384));
  const cases: [scope: string, frames: Uint8Array[]][] = [
    ['connection', [rawFrame('windowUpdate', 0, 0, overflow)]],
    ['stream', [request(1), rawFrame('windowUpdate', 0, 1, overflow)]],
    ['connection', [rawFrame('settings', 0, 0, `\0\x04${int32(2 ** 31)}`)]],
    [
      'connection',
      [request(1), rawFrame('windowUpdate', 0, 1, int32(1)), rawFrame('settings', 0, 0, `\0\x04${overflow}`)],
    ],
  ];
  for (const [scope, frames] of cases) {
    const conversation = startConversation().send(...frames);
    assert.deepEqual([conversation.faults[0]?.scope, conversation.faults[0]?.reason], [scope, 'flow-control']);
  }
  const conversation = startConversation().send(request(1), data, data, data, data, data);
  assert.deepEqual(conversation.faults, [], 'what is read is given back at once');
});

test('a frame longer than was offered', () => {
  const conversation = startConversation().send(rawFrame('data', 0, 1, 'x'.repeat(16_385)).subarray(0, 9));
  assert.deepEqual([conversation.faults[0]?.scope, conversation.faults[0]?.reason], ['connection', 'frame-size']);
});
