import { GrpcError, grpcStatus } from '../grpc/status.ts';

/** Types of the protobuf wire format (Protocol Buffers, "Encoding"). */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Reads the protobuf wire format from a part of a buffer, without a copy or an object for what it reads. */
export class WireCursor {
  readonly buffer: Buffer;
  at: number;
  /** Number of the field that was begun last. */
  field = 0;
  /** Its type; see {@link wireType}. */
  type = 0;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  /** Begins the next field before `end`; false where there is none. */
  next(end: number): boolean {
    if (this.at >= end) return false;
    const tag = this.varint(end);
    if (tag > 0xffff_ffff) throw malformed('a field without a number');
    this.field = tag >>> 3;
    this.type = tag & 7;
    if (this.field === 0) throw malformed('a field without a number');
    return true;
  }

  /** A varint; what is above 2^53 is only about right. */
  varint(end: number): number {
    const { buffer } = this;
    // Nearly all numbers of a report have one byte.
    if (this.at < end && buffer[this.at]! < 0x80) return buffer[this.at++]!;
    let value = 0;
    let factor = 1;
    for (let length = 0; length < 10; length++) {
      if (this.at >= end) throw malformed('it ends inside a number');
      const byte = buffer[this.at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw malformed('a number of more than 10 bytes');
  }

  /** The end of the bytes field that was begun, whose content is what comes now. */
  contentEnd(end: number): number {
    const length = this.varint(end);
    if (length > end - this.at) throw malformed('it ends inside a field');
    return this.at + length;
  }

  /** Text of the bytes field that was begun. */
  text(end: number, maxBytes: number, what: string): string {
    const contentEnd = this.contentEnd(end);
    if (contentEnd - this.at > maxBytes) throw tooMuch(`${what} takes ${contentEnd - this.at} bytes`, maxBytes);
    const text = this.buffer.toString('utf8', this.at, contentEnd);
    this.at = contentEnd;
    return text;
  }

  /** Leaves the field that was begun. */
  skip(end: number): void {
    if (this.type === wireType.varint) this.varint(end);
    else if (this.type === wireType.bytes) this.at = this.contentEnd(end);
    else if (this.type === wireType.fixed64) this.at += 8;
    else if (this.type === wireType.fixed32) this.at += 4;
    else throw malformed(`wire type ${this.type}`);
    if (this.at > end) throw malformed('it ends inside a field');
  }
}

export function malformed(why: string): GrpcError {
  return new GrpcError(grpcStatus.invalidArgument, `not a LoadStatsRequest: ${why}`);
}

export function tooMuch(what: string, limit: number): GrpcError {
  return new GrpcError(grpcStatus.resourceExhausted, `${what}; the limit is ${limit}`);
}
