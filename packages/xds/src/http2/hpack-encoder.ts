import type { HeaderField } from './hpack-decoder.ts';
import { staticTable } from './static-table.ts';

/** RFC 7541, 6.3: the table is emptied and takes nothing any more. */
const tableSizeZero = Buffer.from([0x20]);

const wholeFields = new Map(staticTable.map(([name, value], index) => [`${name}\n${value}`, index + 1]));
const names = new Map(staticTable.map(([name], index) => [name, index + 1]).reverse() as [string, number][]);

/**
 * Encodes a header block without the dynamic table: for two headers and a trailer a stream it would not pay, and without it
 * equal headers are equal bytes.
 *
 * @param shrinkTable - to be said once where the peer offers a smaller table than the default (RFC 7541, 4.2)
 */
export function encodeHeaders(headers: readonly HeaderField[], shrinkTable: boolean): Buffer {
  const pieces: Buffer[] = shrinkTable ? [tableSizeZero] : [];
  for (const [name, value] of headers) {
    const whole = wholeFields.get(`${name}\n${value}`);
    if (whole !== undefined) {
      pieces.push(integer(whole, 7, 0x80));
      continue;
    }
    const nameIndex = names.get(name) ?? 0;
    pieces.push(integer(nameIndex, 4, 0x00));
    if (nameIndex === 0) pieces.push(...string(name));
    pieces.push(...string(value));
  }
  return Buffer.concat(pieces);
}

function string(text: string): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  return [integer(bytes.length, 7, 0x00), bytes];
}

/** RFC 7541, 5.1. */
function integer(value: number, prefixBits: number, firstByte: number): Buffer {
  const mask = 2 ** prefixBits - 1;
  if (value < mask) return Buffer.from([firstByte | value]);
  const bytes = [firstByte | mask];
  let rest = value - mask;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
