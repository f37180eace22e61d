import {
  clientPreface,
  defaultMaxFrameSize,
  defaultWindowSize,
  frameFlag,
  frameHeaderLength,
  frameType,
  largestWindowSize,
  settingId,
} from '../../../http2/protocol.ts';

export function encodeFrame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(),
): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderLength + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, frameHeaderLength);
  return bytes;
}

/** What a client says first; the peer is told to keep no header table and to send without waiting for window updates. */
export function preface(): Buffer {
  const settings = Buffer.alloc(18);
  for (const [index, [id, value]] of [
    [settingId.headerTableSize, 0],
    [settingId.enablePush, 0],
    [settingId.initialWindowSize, largestWindowSize],
  ].entries()) {
    settings.writeUInt16BE(id!, index * 6);
    settings.writeUInt32BE(value!, index * 6 + 2);
  }
  return Buffer.concat([
    clientPreface,
    encodeFrame(frameType.settings, 0, 0, settings),
    windowUpdate(largestWindowSize - defaultWindowSize),
  ]);
}

/** Lets the peer send so many bytes more on the connection. */
export function windowUpdate(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return encodeFrame(frameType.windowUpdate, 0, 0, payload);
}

/**
 * A whole request as bytes, and where in it stream ids stand: all that differs from call to call.
 *
 * @param block - header block
 * @param messages - gRPC messages, without their prefix
 */
export function encodeRequest(
  block: Buffer,
  messages: readonly Uint8Array[],
): { readonly bytes: Buffer; readonly idsAt: readonly number[]; readonly dataBytes: number } {
  const body = Buffer.concat(
    messages.flatMap((message) => {
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      return [prefix, message];
    }),
  );
  const frames: Buffer[] = [];
  for (let at = 0; at < block.length; at += defaultMaxFrameSize) {
    const part = block.subarray(at, at + defaultMaxFrameSize);
    const flags = at + defaultMaxFrameSize >= block.length ? frameFlag.endHeaders : 0;
    frames.push(encodeFrame(at === 0 ? frameType.headers : frameType.continuation, flags, 0, part));
  }
  for (let at = 0; at === 0 || at < body.length; at += defaultMaxFrameSize) {
    const last = at + defaultMaxFrameSize >= body.length;
    frames.push(
      encodeFrame(frameType.data, last ? frameFlag.endStream : 0, 0, body.subarray(at, at + defaultMaxFrameSize)),
    );
  }
  const idsAt: number[] = [];
  let at = 0;
  for (const one of frames) {
    idsAt.push(at + 5);
    at += one.length;
  }
  return { bytes: Buffer.concat(frames), idsAt, dataBytes: body.length };
}
