import { decodeHuffman } from './huffman.ts';

/** RFC 7541, appendix A; the index counts from 1. */
const staticTable: readonly (readonly [string, string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  ...['200', '204', '206', '304', '400', '404', '500'].map((status) => [':status', status] as const),
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ...['accept-language', 'accept-ranges', 'accept', 'access-control-allow-origin', 'age', 'allow'].map(nameOnly),
  ...['authorization', 'cache-control', 'content-disposition', 'content-encoding', 'content-language'].map(nameOnly),
  ...['content-length', 'content-location', 'content-range', 'content-type', 'cookie', 'date', 'etag'].map(nameOnly),
  ...['expect', 'expires', 'from', 'host', 'if-match', 'if-modified-since', 'if-none-match', 'if-range'].map(nameOnly),
  ...['if-unmodified-since', 'last-modified', 'link', 'location', 'max-forwards', 'proxy-authenticate'].map(nameOnly),
  ...['proxy-authorization', 'range', 'referer', 'refresh', 'retry-after', 'server', 'set-cookie'].map(nameOnly),
  ...['strict-transport-security', 'transfer-encoding', 'user-agent', 'vary', 'via', 'www-authenticate'].map(nameOnly),
];

function nameOnly(name: string): readonly [string, string] {
  return [name, ''];
}

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
    const text = huffman ? decodeHuffman(block, at, end) : block.toString('latin1', at, end);
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
