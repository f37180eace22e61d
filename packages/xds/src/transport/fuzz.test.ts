import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionError } from '../http2/fault.ts';
import { HpackDecoder } from '../http2/hpack-decoder.ts';
import { errorCode, frameFlag } from '../http2/protocol.ts';
import { Conversation, handshake, headerBlock, int32, rawFrame, request, setting } from './testing/conversation.ts';
import { Random } from './testing/random.ts';

// The same inputs in every run; a failure names its seed. EVENKEEL_FUZZ_ROUNDS=1000000 looks further.
const rounds = Number(process.env.EVENKEEL_FUZZ_ROUNDS ?? 3_000);

const dynamicEntry = '\x40\x01a\x01b';

/** What clients send, and some of what they must not, piece by piece. */
const vocabulary: readonly Buffer[] = [
  request(1),
  request(3, true),
  request(5, false, { 'content-length': '5', 'user-agent': 'fuzz' }),
  rawFrame('headers', frameFlag.endHeaders, 7, headerBlock() + dynamicEntry),
  rawFrame('headers', frameFlag.endHeaders, 9, `${headerBlock()}\xbe`),
  Buffer.concat([
    rawFrame('headers', 0, 11, headerBlock()),
    rawFrame('continuation', frameFlag.endHeaders, 11, '\x40\x01a\x01b'),
  ]),
  rawFrame('headers', frameFlag.endHeaders | frameFlag.endStream, 1, '\x40\x01a\x01b'),
  rawFrame(
    'headers',
    frameFlag.endHeaders | frameFlag.padded | frameFlag.priority,
    13,
    `\x02\0\0\0\0\x01${headerBlock()}\0\0`,
  ),
  rawFrame('data', 0, 1, '\0\0\0\0\x05hello'),
  rawFrame('data', frameFlag.endStream, 1, 'x'),
  rawFrame('data', frameFlag.padded, 5, '\x03xx\0\0\0'),
  rawFrame('data', 0, 3, 'x'.repeat(2_000)),
  rawFrame('rstStream', 0, 5, int32(8)),
  rawFrame('windowUpdate', 0, 0, int32(1_000)),
  rawFrame('windowUpdate', 0, 1, int32(70_000)),
  rawFrame('settings', 0, 0, setting(4, 10) + setting(5, 20_000)),
  rawFrame('settings', 0, 0, setting(4, 100_000) + setting(1, 0)),
  rawFrame('settings', frameFlag.ack, 0),
  rawFrame('ping', 0, 0, '12345678'),
  rawFrame('ping', frameFlag.ack, 0, '\0\0\0\0\0\0\0\x01'),
  rawFrame('priority', 0, 3, '\0\0\0\x01\x10'),
  rawFrame('goAway', 0, 0, '\0\0\0\0\0\0\0\0'),
  rawFrame(0x2a, 0xff, 1, 'unknown'),
  rawFrame('pushPromise', 0, 1, '\0\0\0\x02'),
];

function mutate(random: Random, bytes: Buffer): Buffer {
  const at = random.below(bytes.length);
  switch (random.below(5)) {
    case 0: {
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ (1 << random.below(8));
      return changed;
    }
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(20), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(10))]);
    default:
      return Buffer.concat([bytes, bytes.subarray(at)]);
  }
}

function anyFrame(random: Random): Buffer {
  return rawFrame(random.below(11), random.below(256), random.below(16), random.bytes(40).toString('latin1'));
}

function input(random: Random): Buffer {
  const kind = random.below(10);
  if (kind === 0) return random.bytes(200);
  const picked = Array.from({ length: random.below(12) }, () => random.below(vocabulary.length));
  // In the order of the vocabulary most of it is allowed.
  if (kind % 3 !== 0) picked.sort((a, b) => a - b);
  const frames = picked.map((index) => vocabulary[index]!);
  if (random.below(4) === 0) frames.push(anyFrame(random));
  let bytes = Buffer.concat([handshake, ...frames]);
  if (kind > 5) for (let count = random.below(4); count > 0; count--) bytes = Buffer.from(mutate(random, bytes));
  return bytes;
}

/** Answers every request, one way or the other. */
function serve(): Conversation {
  return new Conversation({ maxStreams: 4 }, (stream) => {
    if (stream.id % 4 === 1) stream.write(Buffer.alloc(90_000));
    else stream.end({ 'grpc-status': '0' });
  });
}

function outcome(conversation: Conversation) {
  const { events, faults, ended, connection } = conversation;
  const written = Buffer.concat(conversation.written).toString('latin1');
  return { events, faults, ended, streams: connection.streams, written };
}

test('whatever a client sends, in whatever pieces: one connection is the worst that happens', (t) => {
  let closed = 0;
  for (let seed = 1; seed <= rounds; seed++) {
    const random = new Random(seed);
    const bytes = input(random);
    const whole = serve();
    const inPieces = serve();
    try {
      if (bytes.length > 0) whole.send(bytes);
      for (let at = 0; at < bytes.length; ) {
        const end = at + 1 + random.below(random.pick([1, 3, 20, 200]));
        inPieces.send(bytes.subarray(at, end));
        at = end;
      }
      assert.deepEqual(outcome(inPieces), outcome(whole), 'pieces make no difference');
      check(whole);
    } catch (error) {
      throw new Error(`seed ${seed}: ${bytes.toString('hex')}`, { cause: error });
    }
    if (whole.ended) closed++;
  }
  t.diagnostic(`${rounds} tried, ${closed} of them closed the connection`);
  assert.ok(closed > 0 && closed < rounds, 'of both kinds');
});

function check(conversation: Conversation): void {
  const { connection, faults, ended } = conversation;
  const frames = conversation.received();
  assert.ok(!faults.some(({ reason }) => reason === 'internal'));
  const goAways = frames.filter(({ type }) => type === 'goAway');
  assert.equal(goAways.length, ended ? 1 : 0);
  if (ended) {
    assert.equal(frames.at(-1)?.type, 'goAway', 'nothing comes after it');
    assert.notEqual(goAways[0]!.payload.readUInt32BE(4), errorCode.noError);
    assert.equal(faults.at(-1)?.scope, 'connection');
    assert.equal(connection.streams, 0);
  }
  assert.ok(connection.streams <= 4);
  connection.closed();
  assert.equal(conversation.clock.pending, 0, 'no timer is left');
  const opened = conversation.streams.length;
  assert.equal(conversation.events.filter((event) => event.endsWith('closed')).length, opened, 'each closed once');
}

test('whatever a header block is: fields, or an error', (t) => {
  let read = 0;
  for (let seed = 1; seed <= rounds; seed++) {
    const random = new Random(seed);
    const decoder = new HpackDecoder();
    for (let count = 0; count < 5; count++) {
      const valid = Buffer.from(headerBlock({ 'x-a': 'b' }) + dynamicEntry, 'latin1');
      const block = random.below(3) === 0 ? random.bytes(60) : mutate(random, valid);
      try {
        const fields = decoder.decode(block, 1_000);
        assert.ok(fields === undefined || fields.every((field) => field.every((text) => typeof text === 'string')));
        read++;
      } catch (error) {
        assert.ok(error instanceof ConnectionError, `seed ${seed}: ${block.toString('hex')}: ${error}`);
        break;
      }
    }
  }
  t.diagnostic(`${read} blocks read`);
  assert.ok(read > rounds / 10);
});
