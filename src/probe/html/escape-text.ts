import { printable } from '../../base/printable.ts';

/** More than any text of ours has; what others say is bounded where it is recorded. */
const longest = 20_000;

/**
 * Text that may stand anywhere in HTML or SVG, in attributes too. Characters that cannot be seen or that turn the text
 * around are written out, as on a terminal.
 */
export function escapeText(text: string): string {
  return printable(text, longest).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
