import { ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Reads protobuf, and more than the library's reader does of what is damaged. Throws at the end of the bytes. */
export class AnswerBytes extends BinaryReader {
  readonly #all: Uint8Array;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.#all = bytes;
  }

  /** A message that is cut short is given as far as it goes. */
  message(): Uint8Array {
    const length = this.uint32();
    const start = this.pos;
    this.pos = start + length;
    return this.#all.subarray(start, this.pos);
  }

  /** Text; what is not UTF-8 is replaced by U+FFFD, and told where it must be UTF-8. */
  text(mustBeUtf8: boolean, onInvalid: () => void): string {
    const start = this.pos;
    const text = this.string(false);
    if (!mustBeUtf8 || !text.includes('\u{fffd}')) return text;
    const end = this.pos;
    this.pos = start;
    try {
      return this.string(true);
    } catch {
      onInvalid();
      this.pos = end;
      return text;
    }
  }

  /** As protobuf's JSON has it: 64 bits and bytes (base64) are text. */
  scalar(type: Exclude<ScalarType, ScalarType.STRING>): string | number | boolean {
    switch (type) {
      case ScalarType.BYTES:
        return Buffer.from(this.bytes()).toString('base64');
      case ScalarType.BOOL:
        return this.bool();
      case ScalarType.DOUBLE:
        return finite(this.double());
      case ScalarType.FLOAT:
        return finite(this.float());
      case ScalarType.INT32:
        return this.int32();
      case ScalarType.UINT32:
        return this.uint32();
      case ScalarType.SINT32:
        return this.sint32();
      case ScalarType.FIXED32:
        return this.fixed32();
      case ScalarType.SFIXED32:
        return this.sfixed32();
      case ScalarType.INT64:
        return String(this.int64());
      case ScalarType.UINT64:
        return String(this.uint64());
      case ScalarType.SINT64:
        return String(this.sint64());
      case ScalarType.FIXED64:
        return String(this.fixed64());
      case ScalarType.SFIXED64:
        return String(this.sfixed64());
    }
  }
}

/** JSON has no NaN and no infinity. */
function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** How a scalar is encoded where it is not packed. */
export function wireTypeOf(type: ScalarType): WireType {
  switch (type) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Bit64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WireType.Bit32;
    default:
      return WireType.Varint;
  }
}
