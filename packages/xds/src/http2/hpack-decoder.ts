import { ConnectionError } from './fault.ts';
import { decodeHuffman } from './huffman.ts';
import { errorCode } from './protocol.ts';
import { staticTable } from './static-table.ts';

export type HeaderField = readonly [name: string, value: string];

/** What SETTINGS_HEADER_TABLE_SIZE is, as nothing else is announced. */
const maxTableBytes = 4_096;
/** RFC 7541, 4.1: what an entry takes beside its name and value. */
const entryOverhead = 32;

/**
 * Reads header blocks (RFC 7541). The table is the connection's, so every block has to be read, in order, and one that
 * cannot be read is the end of the connection.
 */
export class HpackDecoder {
  /** The newest entry is the first. */
  readonly #table: HeaderField[] = [];
  #tableBytes = 0;
  #tableLimit = maxTableBytes;

  /** Bytes of the table, with what an entry takes beside its name and value. */
  get tableBytes(): number {
    return this.#tableBytes;
  }

  /**
   * The fields of a header block; undefined where they are larger than `maxListBytes`, 32 bytes added for each (RFC 9113,
   * 6.5.2).
   *
   * @throws ConnectionError COMPRESSION_ERROR
   */
  decode(block: Buffer, maxListBytes: number): HeaderField[] | undefined {
    const reader = new BlockReader(block);
    const fields: HeaderField[] = [];
    let listBytes = 0;
    while (!reader.isAtEnd) {
      const first = reader.peek();
      if ((first & 0xe0) === 0x20) {
        this.#resize(reader.integer(5), listBytes === 0);
        continue;
      }
      const field = this.#field(reader, first);
      listBytes += sizeOf(field);
      // What follows is read all the same, for the table.
      if (listBytes <= maxListBytes) fields.push(field);
    }
    return listBytes <= maxListBytes ? fields : undefined;
  }

  #field(reader: BlockReader, first: number): HeaderField {
    if ((first & 0x80) !== 0) return this.#entry(reader.integer(7));
    const indexed = (first & 0x40) !== 0;
    const nameIndex = reader.integer(indexed ? 6 : 4);
    const name = nameIndex === 0 ? reader.string() : this.#entry(nameIndex)[0];
    const field: HeaderField = [name, reader.string()];
    if (indexed) this.#add(field);
    return field;
  }

  #entry(index: number): HeaderField {
    const field = index <= staticTable.length ? staticTable[index - 1] : this.#table[index - staticTable.length - 1];
    if (field === undefined) throw compressionError(`no entry ${index} in the table`);
    return field;
  }

  #add(field: HeaderField): void {
    this.#table.unshift(field);
    this.#tableBytes += sizeOf(field);
    this.#evict();
  }

  #resize(limit: number, atStart: boolean): void {
    if (!atStart) throw compressionError('a table size update after a field');
    if (limit > maxTableBytes) throw compressionError(`a table of ${limit} bytes`);
    this.#tableLimit = limit;
    this.#evict();
  }

  #evict(): void {
    while (this.#tableBytes > this.#tableLimit) this.#tableBytes -= sizeOf(this.#table.pop()!);
  }
}

function sizeOf([name, value]: HeaderField): number {
  return name.length + value.length + entryOverhead;
}

function compressionError(message: string): ConnectionError {
  return new ConnectionError(errorCode.compressionError, 'compression', `a header block that is no HPACK: ${message}`);
}

/** Integers and strings of a header block (RFC 7541, 5). */
class BlockReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  peek(): number {
    return this.#bytes[this.#at]!;
  }

  /** @param prefixBits - bits of the first byte that belong to the integer */
  integer(prefixBits: number): number {
    const mask = 2 ** prefixBits - 1;
    let value = this.#next() & mask;
    if (value < mask) return value;
    // Four bytes more make 2^28, far beyond what a header block may have.
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#next();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw compressionError('an integer beyond 2^28');
  }

  string(): string {
    const huffman = (this.peek() & 0x80) !== 0;
    const length = this.integer(7);
    const end = this.#at + length;
    if (end > this.#bytes.length) throw compressionError('a string that goes beyond its end');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    const text = huffman ? decodeHuffman(bytes) : bytes.toString('latin1');
    if (text === undefined) throw compressionError('a string whose Huffman code is wrong');
    return text;
  }

  #next(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw compressionError('it ends too early');
    this.#at += 1;
    return byte;
  }
}
