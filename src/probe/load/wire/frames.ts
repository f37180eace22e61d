/** Frame types and flags of HTTP/2 (RFC 9113, section 6). */
export const frame = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const;

export const frameHeaderBytes = 9;
/** The largest payload that a peer takes without saying so. */
export const maxFrameBytes = 16_384;
export const largestWindow = 2 ** 31 - 1;
export const firstWindow = 65_535;

export function encodeFrame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(),
): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, frameHeaderBytes);
  return bytes;
}

/** What a client says first; the peer is told to keep no header table and to send without waiting for window updates. */
export function preface(): Buffer {
  const settings = Buffer.alloc(18);
  for (const [index, [id, value]] of [
    [setting.headerTableSize, 0],
    [setting.enablePush, 0],
    [setting.initialWindowSize, largestWindow],
  ].entries()) {
    settings.writeUInt16BE(id!, index * 6);
    settings.writeUInt32BE(value!, index * 6 + 2);
  }
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    encodeFrame(frame.settings, 0, 0, settings),
    windowUpdate(largestWindow - firstWindow),
  ]);
}

/** Lets the peer send so many bytes more on the connection. */
export function windowUpdate(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return encodeFrame(frame.windowUpdate, 0, 0, payload);
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
  for (let at = 0; at < block.length; at += maxFrameBytes) {
    const part = block.subarray(at, at + maxFrameBytes);
    const flags = at + maxFrameBytes >= block.length ? flag.endHeaders : 0;
    frames.push(encodeFrame(at === 0 ? frame.headers : frame.continuation, flags, 0, part));
  }
  for (let at = 0; at === 0 || at < body.length; at += maxFrameBytes) {
    const last = at + maxFrameBytes >= body.length;
    frames.push(encodeFrame(frame.data, last ? flag.endStream : 0, 0, body.subarray(at, at + maxFrameBytes)));
  }
  const idsAt: number[] = [];
  let at = 0;
  for (const one of frames) {
    idsAt.push(at + 5);
    at += one.length;
  }
  return { bytes: Buffer.concat(frames), idsAt, dataBytes: body.length };
}
