import type { Random } from './random.ts';

/** One small or large injury. */
type Mutation = (bytes: Buffer, random: Random) => Buffer;

const mutations: readonly Mutation[] = [
  // A bit flips.
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    const at = random.below(copy.length);
    copy[at] = copy[at]! ^ (1 << random.below(8));
    return copy;
  },
  // The rest is missing.
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  // Something foreign is in between.
  (bytes, random) => spliced(bytes, random, 0, random.bytes(1 + random.below(40))),
  // Something is missing in between.
  (bytes, random) => spliced(bytes, random, 1 + random.below(40), Buffer.alloc(0)),
  // A piece is there many times.
  (bytes, random) => {
    const from = random.below(bytes.length);
    const piece = bytes.subarray(from, from + 1 + random.below(60));
    return spliced(bytes, random, 0, Buffer.concat(Array.from({ length: 1 + random.below(50) }, () => piece)));
  },
  // Two pieces have changed places.
  (bytes, random) => {
    const cut = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(cut), bytes.subarray(0, cut)]);
  },
  // Not one byte of it is left.
  (bytes, random) => random.bytes(random.below(2 * bytes.length)),
];

/** A copy of one of the examples with one to four injuries; tokens are strewn in as they are. */
export function mutated(examples: readonly Buffer[], tokens: readonly Buffer[], random: Random): Buffer {
  let bytes = random.pick(examples);
  for (let left = 1 + random.below(4); left > 0 && bytes.length > 0; left--) {
    const withToken = tokens.length > 0 && random.below(3) === 0;
    bytes = withToken
      ? spliced(bytes, random, random.below(6), random.pick(tokens))
      : random.pick(mutations)(bytes, random);
  }
  return bytes;
}

function spliced(bytes: Buffer, random: Random, remove: number, insert: Buffer): Buffer {
  const at = random.below(bytes.length);
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(Math.min(bytes.length, at + remove))]);
}
