/**
 * Bits of the code of every symbol (RFC 7541, appendix B); symbol 256 is the end of the string. The code is canonical: the
 * codes of one length follow each other in the order of their symbols, and so the lengths say everything.
 */
// prettier-ignore
const codeLengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
];
const endOfString = 256;
const longest = 30;

/** By length of code: the first code, how many there are, and where their symbols begin in `symbols`. */
const firstCode = new Uint32Array(longest + 1);
const count = new Uint16Array(longest + 1);
const firstSymbol = new Uint16Array(longest + 1);
const symbols = codeLengths.map((_length, symbol) => symbol).sort((a, b) => codeLengths[a]! - codeLengths[b]! || a - b);

for (const length of codeLengths) count[length] = count[length]! + 1;
for (let length = 1, code = 0, symbol = 0; length <= longest; length++) {
  code *= 2;
  firstCode[length] = code;
  firstSymbol[length] = symbol;
  code += count[length]!;
  symbol += count[length]!;
}

/** Decodes a string (RFC 7541, 5.2); undefined where it has the end of the string in it, or padding that is none. */
export function decodeHuffman(bytes: Uint8Array): string | undefined {
  // The shortest codes have five bits.
  const decoded = Buffer.allocUnsafe(Math.floor((bytes.length * 8) / 5));
  let written = 0;
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >> bit) & 1);
      length += 1;
      const index = code - firstCode[length]!;
      if (index >= count[length]!) continue;
      const symbol = symbols[firstSymbol[length]! + index]!;
      if (symbol === endOfString) return undefined;
      decoded[written++] = symbol;
      code = 0;
      length = 0;
    }
  }
  // "A padding strictly longer than 7 bits" and "not corresponding to the most significant bits" of the end are errors.
  if (length > 7 || code !== 2 ** length - 1) return undefined;
  return decoded.toString('latin1', 0, written);
}
