/**
 * What others send (names of pods, messages of servers, answers of DNS) may hold anything. Before it reaches a terminal it
 * goes through here: it must not move the cursor, change colours or titles, run from right to left, hide itself, or forge a
 * line. JSON output needs none of this: it escapes by itself, and keeps the data exact.
 */

/** Control characters (C0, DEL, C1), format characters (bidi, zero width, tags), line and paragraph separators, lone surrogates. */
const harmful = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** Characters of one text that are printed; what a server says must not fill the screen. */
const longest = 1000;
/** Marks on one letter; more run into the lines around it. */
const manyMarks = /(\p{M}{4})\p{M}+/gu;
const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text that is safe to print within a line: what is harmful is written as `\n`, `\x1b`, `\u{202e}`, and what is longer than
 * `most` characters is cut.
 */
export function printable(text: string, most = longest): string {
  // Cut first, so that a text of any length costs little; half of a pair at the cut is a lone surrogate.
  const short = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return short.replace(harmful, escaped).replace(manyMarks, '$1');
}

function escaped(character: string): string {
  const known = named[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0)!;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** As {@link printable}, for text of several lines (a log, an answer as a whole): its line breaks and tabs stay. */
export function printableLines(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(harmful, (character) => (character === '\n' || character === '\t' ? character : escaped(character)));
}

/** First and last of each range that takes two columns (Unicode Standard Annex 11: W and F), and of what takes none. */
const wide = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x26a1, 0x26a1],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x274c],
  [0x2753, 0x2755],
  [0x2757, 0x2757],
  [0x2795, 0x2797],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b50],
  [0x2b55, 0x2b55],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1f000, 0x1f02f],
  [0x1f0cf, 0x1f0cf],
  [0x1f18e, 0x1f18e],
  [0x1f191, 0x1f19a],
  [0x1f1e6, 0x1f320],
  [0x1f32d, 0x1faff],
  [0x20000, 0x3fffd],
] as const;

/** Columns of a terminal that text without control characters takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

function widthOf(character: string): 0 | 1 | 2 {
  const code = character.codePointAt(0)!;
  if (code < 0x300) return 1;
  if (/\p{M}/u.test(character)) return 0;
  return wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** At most `columns` wide: the middle is left out, since names of pods differ at their ends. */
export function shorten(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return '';
  const characters = [...text];
  const room = columns - 1;
  const start = fitting(characters, Math.floor(room / 2));
  const end = fitting(characters.toReversed(), room - displayWidth(start.join(''))).reverse();
  return `${start.join('')}…${end.join('')}`;
}

/** The text in pieces of at most `columns`, for a word that fits no line. */
export function chop(text: string, columns: number): string[] {
  const pieces: string[] = [];
  let left = [...text];
  while (left.length > 0) {
    const piece = fitting(left, columns);
    // A wide character on a line of one column would never fit.
    const length = Math.max(1, piece.length);
    pieces.push(left.slice(0, length).join(''));
    left = left.slice(length);
  }
  return pieces;
}

/** As many of the first characters as fit. */
function fitting(characters: readonly string[], columns: number): string[] {
  let width = 0;
  const fits: string[] = [];
  for (const character of characters) {
    width += widthOf(character);
    if (width > columns) break;
    fits.push(character);
  }
  return fits;
}
