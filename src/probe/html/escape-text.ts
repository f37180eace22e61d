/** Text that may stand anywhere in HTML or SVG, in attributes too. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
