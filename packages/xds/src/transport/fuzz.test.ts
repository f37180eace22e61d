import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HpackDecoder } from '../http2/hpack-decoder.ts';
import { handshake, headerBlock, rawFrame } from './testing/conversation.ts';
import { dynamicEntry, holdsFrames, holdsHeaderBlock, mutate, vocabulary } from './testing/fuzz-targets.ts';
import { Random } from './testing/random.ts';

// The same inputs in every run; a failure names its seed. EVENKEEL_FUZZ_ROUNDS=1000000 looks further.
const rounds = Number(process.env.EVENKEEL_FUZZ_ROUNDS ?? 3_000);

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

test('whatever a client sends, in whatever pieces: one connection is the worst that happens', (t) => {
  let closed = 0;
  for (let seed = 1; seed <= rounds; seed++) {
    const random = new Random(seed);
    const bytes = input(random);
    try {
      if (holdsFrames(bytes, () => 1 + random.below(random.pick([1, 3, 20, 200])))) closed++;
    } catch (error) {
      throw new Error(`seed ${seed}: ${bytes.toString('hex')}`, { cause: error });
    }
  }
  t.diagnostic(`${rounds} tried, ${closed} of them closed the connection`);
  assert.ok(closed > 0 && closed < rounds, 'of both kinds');
});

test('whatever a header block is: fields, or an error', (t) => {
  let read = 0;
  for (let seed = 1; seed <= rounds; seed++) {
    const random = new Random(seed);
    const decoder = new HpackDecoder();
    for (let count = 0; count < 5; count++) {
      const valid = Buffer.from(headerBlock({ 'x-a': 'b' }) + dynamicEntry, 'latin1');
      const block = random.below(3) === 0 ? random.bytes(60) : mutate(random, valid);
      try {
        if (!holdsHeaderBlock(decoder, block)) break;
      } catch (error) {
        throw new Error(`seed ${seed}: ${block.toString('hex')}`, { cause: error });
      }
      read++;
    }
  }
  t.diagnostic(`${read} blocks read`);
  assert.ok(read > rounds / 10);
});
