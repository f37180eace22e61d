/**
 * Lengths in bits of the codes of printable characters, from the space on (RFC 7541, appendix B). The code is canonical, so
 * the lengths are all there is to know; codes of 15 bits and less belong to these characters and to the byte 0.
 */
const lengths: readonly number[] = [
  ...[6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6], // space to /
  ...[5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10], // 0 to ?
  ...[13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7], // @ to O
  ...[7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6], // P to _
  ...[15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5], // ` to o
  ...[6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13], // p to ~
];
const longest = 15;
const firstCharacter = 0x20;
const ofZeroByte = 13;

/** By number of bits: the first code, and the characters in the order of their codes. */
const byLength = canonical();

function canonical(): readonly { readonly first: number; readonly characters: readonly number[] }[] {
  const table: { first: number; characters: number[] }[] = [];
  let code = 0;
  for (let bits = 0; bits <= longest; bits += 1) {
    const characters = lengths.flatMap((length, index) => (length === bits ? [index + firstCharacter] : []));
    if (bits === ofZeroByte) characters.unshift(0);
    table.push({ first: code, characters });
    code = (code + characters.length) << 1;
  }
  return table;
}

/** Text of a Huffman-coded string; what is not printable ASCII, and all that follows it, is left out. */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  let code = 0;
  let bits = 0;
  for (let at = start; at < end; at += 1) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      code = (code << 1) | ((bytes[at]! >> bit) & 1);
      bits += 1;
      if (bits > longest) return text;
      const { first, characters } = byLength[bits]!;
      const character = characters[code - first];
      if (character === undefined || code < first) continue;
      text += String.fromCharCode(character);
      code = 0;
      bits = 0;
    }
  }
  return text;
}
