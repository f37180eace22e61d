import { ConnectionError } from './fault.ts';
import { errorCode, frameFlag, largestStreamId } from './protocol.ts';

/**
 * The payload of DATA or HEADERS without padding (RFC 9113, 6.1).
 *
 * @throws ConnectionError where the padding is longer than the frame
 */
export function withoutPadding(payload: Buffer, flags: number): Buffer {
  if ((flags & frameFlag.padded) === 0) return payload;
  const padding = payload[0];
  if (padding === undefined) throw wrongLength('a padded frame without a length of padding');
  if (padding >= payload.length) {
    throw new ConnectionError(errorCode.protocolError, 'protocol', 'padding longer than its frame');
  }
  return payload.subarray(1, payload.length - padding);
}

/**
 * The payload of HEADERS without the fields of a priority, and the stream on which it depends; 0: none is said.
 *
 * @throws ConnectionError where the frame is too short
 */
export function withoutPriority(payload: Buffer, flags: number): { fragment: Buffer; dependency: number } {
  if ((flags & frameFlag.priority) === 0) return { fragment: payload, dependency: 0 };
  if (payload.length < 5) throw wrongLength('a priority that is cut short');
  return { fragment: payload.subarray(5), dependency: payload.readUInt32BE(0) & largestStreamId };
}

/** @throws ConnectionError FRAME_SIZE_ERROR */
export function requireLength(payload: Buffer, length: number, name: string): void {
  if (payload.length !== length) throw wrongLength(`a ${name} of ${payload.length} bytes`);
}

export function wrongLength(message: string): ConnectionError {
  return new ConnectionError(errorCode.frameSizeError, 'frame-size', message);
}

export function protocolError(message: string): ConnectionError {
  return new ConnectionError(errorCode.protocolError, 'protocol', message);
}

/** @throws ConnectionError PROTOCOL_ERROR for a frame that belongs to the connection and names a stream */
export function requireConnection(streamId: number, name: string): void {
  if (streamId !== 0) throw protocolError(`${name} on a stream`);
}

/** @throws ConnectionError PROTOCOL_ERROR for a frame that belongs to a stream and names none */
export function requireStream(streamId: number, name: string): void {
  if (streamId === 0) throw protocolError(`${name} without a stream`);
}
