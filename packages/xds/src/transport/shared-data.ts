import { writeFrameHeader } from '../http2/frame-writer.ts';
import { frameHeaderLength, frameType } from '../http2/protocol.ts';

interface Variant {
  readonly streamId: number;
  readonly maxFrameSize: number;
  readonly bytes: Buffer;
}

/** Most clients open one stream a connection and keep the default frame size. */
const maxVariants = 4;

const known = new WeakMap<Uint8Array, Variant[]>();

/**
 * A message as DATA frames, made once for all streams of one id and frame size: a thousand clients that get the same
 * message get the same bytes, frame headers included.
 */
export function dataFrames(message: Uint8Array, streamId: number, maxFrameSize: number): Buffer {
  let variants = known.get(message);
  if (variants === undefined) {
    variants = [];
    known.set(message, variants);
  }
  for (const variant of variants) {
    if (variant.streamId === streamId && variant.maxFrameSize === maxFrameSize) return variant.bytes;
  }
  const bytes = frame(message, streamId, maxFrameSize);
  if (variants.length < maxVariants) variants.push({ streamId, maxFrameSize, bytes });
  return bytes;
}

function frame(message: Uint8Array, streamId: number, maxFrameSize: number): Buffer {
  const frames = Math.ceil(message.length / maxFrameSize);
  const bytes = Buffer.allocUnsafeSlow(message.length + frames * frameHeaderLength);
  let at = 0;
  for (let start = 0; start < message.length; start += maxFrameSize) {
    const part = message.subarray(start, start + maxFrameSize);
    writeFrameHeader(bytes, at, frameType.data, 0, streamId, part.length);
    bytes.set(part, at + frameHeaderLength);
    at += frameHeaderLength + part.length;
  }
  return bytes;
}
