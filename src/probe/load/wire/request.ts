import { dataFrameHeader, defaultMaxFrameSize, headerFrames } from '@evenkeel/xds/http2';

/** Frames as bytes, and where in them the stream ids stand: all that differs from call to call. */
export interface Template {
  readonly bytes: Buffer;
  readonly idsAt: readonly number[];
}

/** The request of every call, encoded once. */
export interface EncodedRequest {
  /** HEADERS and all DATA: for a call whose whole request may be sent at once. */
  readonly whole: Template;
  /** HEADERS alone: for one whose DATA has to wait for windows. */
  readonly head: Template;
  /** Messages with their gRPC prefixes. */
  readonly body: Buffer;
}

/** What {@link Template} holds at most; a longer request is always cut as the windows allow. */
export const maxWholeBytes = 65_535;

/**
 * @param block - header block
 * @param messages - gRPC messages, without their prefix
 */
export function encodeRequest(block: Buffer, messages: readonly Uint8Array[]): EncodedRequest {
  const body = Buffer.concat(
    messages.flatMap((message) => {
      // Not compressed, and how long it is (gRPC over HTTP/2, "Length-Prefixed-Message").
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      return [prefix, message];
    }),
  );
  const endsWithHead = body.length === 0;
  const head = headerFrames(0, block, endsWithHead);
  const data: Buffer[] = [];
  if (body.length <= maxWholeBytes) {
    // 16 KiB is the one size of a frame that every peer takes.
    for (let at = 0; at < body.length; at += defaultMaxFrameSize) {
      const part = body.subarray(at, at + defaultMaxFrameSize);
      const frameHeader = dataFrameHeader(0, part.length, at + part.length === body.length);
      data.push(Buffer.concat([frameHeader, part]));
    }
  }
  return { whole: template([...head, ...data]), head: template(head), body };
}

function template(frames: readonly Buffer[]): Template {
  const idsAt: number[] = [];
  let at = 0;
  for (const frame of frames) {
    idsAt.push(at + 5);
    at += frame.length;
  }
  return { bytes: Buffer.concat(frames), idsAt };
}
