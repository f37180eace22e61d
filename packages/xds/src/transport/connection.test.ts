import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { clientPreface, errorCode, frameFlag, largestStreamId, settingId } from '../http2/protocol.ts';
import {
  Conversation,
  handshake,
  headerBlock,
  int32,
  rawFrame,
  request,
  setting,
  startConversation,
} from './testing/conversation.ts';

// What h2spec does not look at: what a server sends of itself, and when. h2spec itself is in interop/.

test('the server says its settings first, to who says something, and acknowledges those of the client', () => {
  const conversation = new Conversation({ maxStreams: 7, headerListBytes: 1_000 });
  assert.deepEqual(conversation.received(), [], 'a connection alone costs it nothing');
  conversation.send(handshake.subarray(0, 1));
  const [settings] = conversation.received();
  assert.equal(settings?.payload.toString('latin1'), setting(3, 7) + setting(6, 1_000));
  conversation.send(handshake.subarray(1));
  assert.deepEqual(
    conversation.received().map(({ type, flags }) => [type, flags]),
    [['settings', frameFlag.ack]],
  );
});

test('bytes may come in any pieces', () => {
  const whole = startConversation();
  const frames = [request(1), rawFrame('data', 0, 1, 'hello'), rawFrame('data', frameFlag.endStream, 1)];
  whole.send(...frames);
  const pieces = new Conversation();
  for (const byte of Buffer.concat([handshake, ...frames])) pieces.send(Buffer.from([byte]));
  assert.deepEqual(pieces.events, ['1 data 5', '1 ended']);
  assert.deepEqual(whole.events, pieces.events);
});

test('a message of one frame is the same bytes for every connection', () => {
  const message = Buffer.from('one message');
  const both = [startConversation(), startConversation()].map((conversation) => {
    conversation.send(request(1));
    conversation.streams[0]!.write(message);
    return conversation.written.at(-1);
  });
  assert.equal(both[0], both[1]);
  assert.deepEqual(both[0], rawFrame('data', 0, 1, 'one message'));
});

test('a message larger than a frame is cut, one larger than the window waits', () => {
  const conversation = startConversation().send(request(1));
  conversation.received();
  const [stream] = conversation.streams;
  stream!.write(Buffer.alloc(40_000));
  assert.deepEqual(conversation.summary(), ['data 1 16384', 'data 1 16384', 'data 1 7232']);
  assert.equal(stream!.isWritable, true);
  stream!.write(Buffer.alloc(40_000));
  assert.deepEqual(conversation.summary(), ['data 1 16384', 'data 1 9151']);
  assert.equal(stream!.isWritable, false);
  conversation.send(rawFrame('windowUpdate', 0, 0, int32(100_000)));
  assert.deepEqual(conversation.summary(), [], 'the stream has a window of its own');
  conversation.send(rawFrame('windowUpdate', 0, 1, int32(100_000)));
  assert.deepEqual(conversation.summary(), ['data 1 14465']);
  assert.deepEqual(conversation.events, ['1 writable']);
});

test('a larger frame size is used, and a window that shrinks below zero is heeded', () => {
  const conversation = startConversation().send(
    rawFrame('settings', 0, 0, setting(settingId.maxFrameSize, 50_000)),
    request(1),
  );
  conversation.received();
  const [stream] = conversation.streams;
  stream!.write(Buffer.alloc(40_000));
  assert.deepEqual(conversation.summary(), ['data 1 40000']);
  conversation.send(rawFrame('settings', 0, 0, setting(settingId.initialWindowSize, 10_000)));
  stream!.write(Buffer.from('x'));
  assert.deepEqual(conversation.summary(), ['settings 0 0']);
  conversation.send(rawFrame('windowUpdate', 0, 1, int32(30_000)));
  assert.deepEqual(conversation.summary(), []);
  conversation.send(rawFrame('windowUpdate', 0, 1, int32(1)));
  assert.deepEqual(conversation.summary(), ['data 1 1']);
});

test('the window of the connection is shared by its streams', () => {
  const conversation = startConversation().send(request(1), request(3));
  const [one, three] = conversation.streams;
  one!.write(Buffer.alloc(60_000));
  conversation.received();
  three!.write(Buffer.alloc(10_000));
  assert.deepEqual(conversation.summary(), ['data 3 5535']);
  assert.equal(one!.isWritable, false);
  conversation.send(rawFrame('windowUpdate', 0, 0, int32(70_000)));
  assert.deepEqual(conversation.summary(), ['data 3 4465']);
  assert.deepEqual(conversation.events, ['1 writable', '3 writable']);
});

test('a wire that takes nothing holds what is written back, in order', () => {
  const conversation = startConversation().send(request(1));
  const [stream] = conversation.streams;
  conversation.received();
  conversation.takesMore = false;
  stream!.write(Buffer.from('one'));
  stream!.write(Buffer.from('second'));
  stream!.end({ 'grpc-status': '0' });
  assert.deepEqual(conversation.summary(), []);
  conversation.takesMore = true;
  conversation.connection.drained();
  assert.deepEqual(conversation.summary(), ['data 1 3', 'data 1 6', 'headers 1 15']);
});

test('what a client has sent is given back to its windows', () => {
  const conversation = startConversation().send(request(1));
  conversation.received();
  const data = rawFrame('data', 0, 1, 'x'.repeat(16_000));
  conversation.send(data, data);
  assert.deepEqual(conversation.summary(), []);
  conversation.send(data);
  assert.deepEqual(conversation.summary(), ['windowUpdate 0 4', 'windowUpdate 1 4']);
  const padded = rawFrame('data', frameFlag.padded, 1, `\xff${'x'.repeat(16_000)}`);
  conversation.send(padded, padded, padded);
  assert.deepEqual(conversation.events.slice(-1), ['1 data 15745']);
  assert.equal(conversation.received()[0]?.payload.readUInt32BE(), 48_003, 'padding counts');
});

test('a stream whose client goes on after the end is reset, not at once', () => {
  const conversation = startConversation().send(request(1));
  conversation.received();
  conversation.streams[0]!.end({ 'grpc-status': '0' });
  assert.deepEqual(conversation.summary(), ['headers 1 15']);
  conversation.clock.advance(1_000);
  const [reset] = conversation.received();
  assert.deepEqual([reset?.type, reset?.payload.readUInt32BE()], ['rstStream', errorCode.noError]);
  conversation.send(rawFrame('data', 0, 1, 'x'), rawFrame('headers', 5, 1, headerBlock()));
  assert.deepEqual(conversation.faults, [], 'it may not have known yet');
  assert.equal(conversation.connection.streams, 0);
});

test('trailers end a request, and a reset is told once', () => {
  const conversation = startConversation().send(request(1), rawFrame('headers', 5, 1, '\x40\x01a\x01b'));
  assert.deepEqual(conversation.events, ['1 ended']);
  conversation.send(rawFrame('rstStream', 0, 1, int32(8)));
  assert.deepEqual(conversation.events, ['1 ended', '1 closed']);
});

test('asked to go, the connection first refuses nothing, and ends with its last stream', () => {
  const conversation = startConversation().send(request(1));
  conversation.received();
  const { connection } = conversation;
  connection.goAway();
  const [first, ping] = conversation.received();
  assert.deepEqual([first?.type, first?.payload.readUInt32BE()], ['goAway', largestStreamId]);
  conversation.send(request(3), rawFrame('ping', frameFlag.ack, 0, ping!.payload.toString('latin1')));
  const last = conversation.received().at(-1);
  assert.deepEqual([last?.type, last?.payload.readUInt32BE()], ['goAway', 3], 'the stream that crossed it is served');
  conversation.send(request(5), rawFrame('data', frameFlag.endStream, 5, 'x'));
  assert.deepEqual(conversation.summary(), [], 'a later one is not');
  for (const stream of conversation.streams) stream.end({ 'grpc-status': '14' });
  assert.equal(conversation.ended, false, 'the client has not ended its streams');
  conversation.send(rawFrame('data', frameFlag.endStream, 1), rawFrame('data', frameFlag.endStream, 3));
  assert.equal(conversation.ended, true);
  assert.deepEqual(conversation.faults, []);
});

test('a client that offers a smaller header table is told that none is used', () => {
  const conversation = startConversation().send(
    rawFrame('settings', 0, 0, setting(settingId.headerTableSize, 0)),
    request(1),
    request(3),
  );
  const blocks = conversation.received().flatMap(({ type, payload }) => (type === 'headers' ? [payload] : []));
  assert.deepEqual(
    blocks.map((block) => block.toString('hex')),
    ['2088', '88'],
  );
});

test('a connection that breaks closes its streams', () => {
  const conversation = startConversation().send(request(1), request(3));
  let closed = 0;
  conversation.connection.onClose(() => {
    closed++;
  });
  conversation.connection.destroy();
  assert.deepEqual([conversation.events, closed], [['1 closed', '3 closed'], 1]);
  assert.equal(conversation.clock.pending, 0, 'no timer is left');
});

test('a ping is answered with its own bytes, and an answer finds its question', () => {
  const conversation = startConversation().send(rawFrame('ping', 0, 0, '12345678'));
  const [answer] = conversation.received();
  assert.deepEqual([answer?.flags, answer?.payload.toString()], [frameFlag.ack, '12345678']);
  const answered: number[] = [];
  for (const index of [1, 2]) conversation.connection.ping(() => answered.push(index));
  const pings = conversation.received().map(({ payload }) => payload.toString('latin1'));
  for (const payload of ['12345678', pings[1]!, pings[1]!, pings[0]!]) {
    conversation.send(rawFrame('ping', frameFlag.ack, 0, payload));
  }
  assert.deepEqual(answered, [2, 1]);
});

test('a client that says nothing is closed', async () => {
  for (const said of [Buffer.alloc(0), clientPreface, handshake.subarray(0, -1)]) {
    const conversation = new Conversation({ handshakeMs: 1_000 }).send(said);
    conversation.clock.advance(1_000);
    await nextTurn();
    assert.deepEqual([conversation.ended, conversation.faults[0]?.reason], [true, 'preface']);
    assert.deepEqual(
      conversation.received().map(({ type }) => type),
      ['settings', 'goAway'],
    );
  }
  const conversation = startConversation({ handshakeMs: 1_000 });
  conversation.clock.advance(1_000);
  await nextTurn();
  assert.equal(conversation.ended, false);
});
