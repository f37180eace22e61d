import { listSome } from '../base/words.ts';

/** `a, b and 2 more`. */
export function listed(texts: readonly string[], most = 5): string {
  return listSome(texts, most);
}

/** The text with one full stop at its end, or the mark that it has. */
export function sentence(text: string): string {
  const trimmed = text.replace(/[.\s]+$/, '');
  return /[?!]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
