import assert from 'node:assert/strict';
import { ConnectionError } from '../../http2/fault.ts';
import type { HpackDecoder } from '../../http2/hpack-decoder.ts';
import { errorCode, frameFlag } from '../../http2/protocol.ts';
import { Conversation, headerBlock, int32, rawFrame, request, setting } from './conversation.ts';
import type { Random } from './random.ts';

export const dynamicEntry = '\x40\x01a\x01b';

/** What clients send, and some of what they must not, piece by piece. */
export const vocabulary: readonly Buffer[] = [
  request(1),
  request(3, true),
  request(5, false, { 'content-length': '5', 'user-agent': 'fuzz' }),
  rawFrame('headers', frameFlag.endHeaders, 7, headerBlock() + dynamicEntry),
  rawFrame('headers', frameFlag.endHeaders, 9, `${headerBlock()}\xbe`),
  Buffer.concat([
    rawFrame('headers', 0, 11, headerBlock()),
    rawFrame('continuation', frameFlag.endHeaders, 11, dynamicEntry),
  ]),
  rawFrame('headers', frameFlag.endHeaders | frameFlag.endStream, 1, dynamicEntry),
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

/** One change, of five kinds. */
export function mutate(random: Random, bytes: Buffer): Buffer {
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

/**
 * Sends bytes to a connection as a whole, and to another one in pieces: whatever they are, one connection is the worst that
 * happens, and nothing is left of it.
 *
 * @param pieceLength - of the next piece, at least 1
 * @returns whether they have closed the connection
 */
export function holdsFrames(bytes: Buffer, pieceLength: () => number): boolean {
  const whole = serve();
  const inPieces = serve();
  if (bytes.length > 0) whole.send(bytes);
  for (let at = 0; at < bytes.length; ) {
    const end = at + pieceLength();
    inPieces.send(bytes.subarray(at, end));
    at = end;
  }
  assert.deepEqual(outcome(inPieces), outcome(whole), 'pieces make no difference');
  check(whole);
  return whole.ended;
}

/**
 * A header block is fields, or an error of the connection.
 *
 * @returns whether it was fields
 */
export function holdsHeaderBlock(decoder: HpackDecoder, block: Buffer): boolean {
  try {
    const fields = decoder.decode(block, 1_000);
    assert.ok(fields === undefined || fields.every((field) => field.every((text) => typeof text === 'string')));
    return true;
  } catch (error) {
    assert.ok(error instanceof ConnectionError, String(error));
    return false;
  }
}

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
