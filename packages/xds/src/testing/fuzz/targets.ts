import { HpackDecoder } from '../../http2/hpack-decoder.ts';
import { handshake } from '../../transport/testing/conversation.ts';
import { dynamicEntry, holdsFrames, holdsHeaderBlock, vocabulary } from '../../transport/testing/fuzz-targets.ts';
import type { FuzzTarget } from './fuzzer.ts';

/** Code that the targets are about. */
export const isOurs = (url: string): boolean =>
  /packages\/xds\/src\/(http2|transport)\//.test(url) && !url.includes('/testing/') && !url.endsWith('.test.ts');

/** Frames behind a handshake, as a whole and in pieces. */
const frames: FuzzTarget = {
  vocabulary: [handshake, ...vocabulary],
  run(input) {
    let piece = 0;
    holdsFrames(input, () => 1 + ((piece++ * 7) % 23));
  },
};

/** Header blocks of one connection, each behind its length in a byte. */
const hpack: FuzzTarget = {
  vocabulary: [`\x05${dynamicEntry}`, '\x01\xbe', '\x03\x20\x3f\x01', '\x04\x40\x81\x1f\x80'].map((text) =>
    Buffer.from(text, 'latin1'),
  ),
  run(input) {
    const decoder = new HpackDecoder();
    for (let at = 0; at < input.length; ) {
      const end = at + 1 + input[at]!;
      if (!holdsHeaderBlock(decoder, input.subarray(at + 1, end))) return;
      at = end;
    }
  },
};

export const targets: Readonly<Record<'frames' | 'hpack', FuzzTarget>> = { frames, hpack };
