/** `a, b and 2 more`. */
export function listed(texts: readonly string[], most = 5): string {
  if (texts.length <= most) return texts.join(', ');
  return `${texts.slice(0, most).join(', ')} and ${texts.length - most} more`;
}

/** The text with one full stop at its end, or the mark that it has. */
export function sentence(text: string): string {
  const trimmed = text.replace(/[.\s]+$/, '');
  return /[?!]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** `1 client`, `2 clients`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
