import { defaultMaxFrameSize, type ErrorCode, frameFlag, frameHeaderLength, frameType } from './protocol.ts';

/** Room for a frame with its header written; the payload is to be filled in. */
function frame(type: number, flags: number, streamId: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderLength + length);
  writeFrameHeader(bytes, 0, type, flags, streamId, length);
  return bytes;
}

/** RFC 9113, 4.1. */
export function writeFrameHeader(
  bytes: Buffer,
  at: number,
  type: number,
  flags: number,
  streamId: number,
  length: number,
): void {
  bytes.writeUIntBE(length, at, 3);
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  bytes.writeUInt32BE(streamId, at + 5);
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const bytes = frame(frameType.settings, 0, 0, settings.length * 6);
  let at = frameHeaderLength;
  for (const [id, value] of settings) {
    at = bytes.writeUInt16BE(id, at);
    at = bytes.writeUInt32BE(value, at);
  }
  return bytes;
}

export const settingsAckFrame: Buffer = frame(frameType.settings, frameFlag.ack, 0, 0);

/** @param payload - eight bytes */
export function pingFrame(payload: Uint8Array, ack: boolean): Buffer {
  const bytes = frame(frameType.ping, ack ? frameFlag.ack : 0, 0, 8);
  bytes.set(payload, frameHeaderLength);
  return bytes;
}

/** @param message - for people who debug the client */
export function goAwayFrame(lastStreamId: number, code: ErrorCode, message = ''): Buffer {
  const bytes = frame(frameType.goAway, 0, 0, 8 + Buffer.byteLength(message));
  bytes.writeUInt32BE(lastStreamId, frameHeaderLength);
  bytes.writeUInt32BE(code, frameHeaderLength + 4);
  bytes.write(message, frameHeaderLength + 8);
  return bytes;
}

export function rstStreamFrame(streamId: number, code: ErrorCode): Buffer {
  const bytes = frame(frameType.rstStream, 0, streamId, 4);
  bytes.writeUInt32BE(code, frameHeaderLength);
  return bytes;
}

/** @param streamId - 0: the connection's window */
export function windowUpdateFrame(streamId: number, increment: number): Buffer {
  const bytes = frame(frameType.windowUpdate, 0, streamId, 4);
  bytes.writeUInt32BE(increment, frameHeaderLength);
  return bytes;
}

/** @param block - header block; of what a server of gRPC says, it always fits into one frame */
export function headersFrame(streamId: number, block: Uint8Array, endStream: boolean): Buffer {
  const flags = frameFlag.endHeaders | (endStream ? frameFlag.endStream : 0);
  const bytes = frame(frameType.headers, flags, streamId, block.length);
  bytes.set(block, frameHeaderLength);
  return bytes;
}

/**
 * A header block of any size as HEADERS and CONTINUATION frames of the size that every peer takes.
 */
export function headerFrames(streamId: number, block: Uint8Array, endStream: boolean): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += defaultMaxFrameSize) {
    const part = block.subarray(at, at + defaultMaxFrameSize);
    const isLast = at + part.length >= block.length;
    const flags = (isLast ? frameFlag.endHeaders : 0) | (at === 0 && endStream ? frameFlag.endStream : 0);
    const bytes = frame(at === 0 ? frameType.headers : frameType.continuation, flags, streamId, part.length);
    bytes.set(part, frameHeaderLength);
    frames.push(bytes);
  }
  return frames;
}

export function dataFrameHeader(streamId: number, length: number, endStream: boolean): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderLength);
  writeFrameHeader(bytes, 0, frameType.data, endStream ? frameFlag.endStream : 0, streamId, length);
  return bytes;
}
