/** The few pieces of the protobuf wire format that responses are put together from. */

const lengthDelimited = 2;

/** Bytes that a value below 2^32 takes as a varint. */
export function varintLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Writes a varint and returns the offset behind it. */
export function writeVarint(target: Uint8Array, value: number, offset: number): number {
  let rest = value;
  let at = offset;
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

/** Tag of a string, bytes or message field; field numbers up to 15 take one byte. */
function fieldTag(fieldNumber: number): number {
  return (fieldNumber << 3) | lengthDelimited;
}

/** Size of a string, bytes or message field of `length` bytes, with a field number up to 15. */
export function fieldLength(length: number): number {
  return 1 + varintLength(length) + length;
}

/** Writes tag and length and returns the offset where the field's content begins. */
export function writeFieldHeader(target: Uint8Array, fieldNumber: number, length: number, offset: number): number {
  target[offset] = fieldTag(fieldNumber);
  return writeVarint(target, length, offset + 1);
}

/** A string field with a number up to 15; proto3 leaves an empty one out. */
export function stringField(fieldNumber: number, text: string): Uint8Array {
  if (text === '') return Buffer.alloc(0);
  const length = Buffer.byteLength(text);
  const field = Buffer.allocUnsafe(fieldLength(length));
  field.write(text, writeFieldHeader(field, fieldNumber, length, 0));
  return field;
}

/** A field with a number up to 15 that is an encoded message. */
export function messageField(fieldNumber: number, bytes: Uint8Array): Uint8Array {
  const field = Buffer.allocUnsafe(fieldLength(bytes.length));
  field.set(bytes, writeFieldHeader(field, fieldNumber, bytes.length, 0));
  return field;
}
