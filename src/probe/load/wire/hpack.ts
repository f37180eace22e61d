import { decodeHuffman } from '../../../http2/huffman.ts';
import { staticTable } from '../../../http2/static-table.ts';

export type Headers = Readonly<Record<string, string>>;

/** A header block that leaves no trace in the receiver's table, so that the same bytes can be sent for every call. */
export function encodeHeaders(headers: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0x10]), literal(name), literal(value)]));
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** RFC 7541, 5.1, with a prefix of 7 bits whose first bit (Huffman) is 0. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

/**
 * Reads header blocks of a peer that was told to keep no table (SETTINGS_HEADER_TABLE_SIZE 0). Then equal bytes mean equal
 * headers, and a block that was seen before is not read again.
 */
export class HeaderReader {
  readonly #known = new Map<string, Headers>();

  /** @throws Error where the block is malformed or uses a table */
  read(block: Buffer): Headers {
    const key = block.toString('latin1');
    let headers = this.#known.get(key);
    if (headers === undefined) {
      headers = decode(block);
      // Headers that differ in each answer must not fill the memory.
      if (this.#known.size >= 256) this.#known.clear();
      this.#known.set(key, headers);
    }
    return headers;
  }
}

function decode(block: Buffer): Headers {
  const headers: Record<string, string> = {};
  let at = 0;
  const readInteger = (prefix: number): number => {
    const most = (1 << prefix) - 1;
    let value = block[at]! & most;
    at += 1;
    if (value < most) return value;
    for (let shift = 0; at < block.length && shift < 28; shift += 7) {
      const byte = block[at]!;
      at += 1;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new Error('a number in a header block has no end');
  };
  const readString = (): string => {
    const huffman = (block[at]! & 128) !== 0;
    const length = readInteger(7);
    const end = at + length;
    if (end > block.length) throw new Error('a header block is cut off');
    const text = huffman ? decodeHuffman(block.subarray(at, end)) : block.toString('latin1', at, end);
    if (text === undefined) throw new Error('a string in a header block has a wrong Huffman code');
    at = end;
    return text;
  };
  const entry = (index: number): readonly [string, string] => {
    const found = staticTable[index - 1];
    if (found === undefined) throw new Error('the peer uses a header table that it was told not to keep');
    return found;
  };
  while (at < block.length) {
    const byte = block[at]!;
    if ((byte & 0x80) !== 0) {
      const [name, value] = entry(readInteger(7));
      headers[name] = value;
    } else if ((byte & 0xe0) === 0x20) readInteger(5);
    else {
      const index = readInteger((byte & 0xc0) === 0x40 ? 6 : 4);
      const name = index === 0 ? readString() : entry(index)[0];
      headers[name] = readString();
    }
  }
  return headers;
}
