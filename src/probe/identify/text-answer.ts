/** Parts of a plain-text answer that are looked at. */
const [mostLines, longestLine] = [200, 1000];

/** What a plain-text answer has: lines `NAME: VALUE` by their names in lower case, and the text itself where it is one line. */
export function readText(text: string): { lines: Record<string, string>; body: string | undefined } {
  const lines: Record<string, string> = Object.create(null) as Record<string, string>;
  const all = text.slice(0, mostLines * longestLine).split(/\r\n|\r|\n/, mostLines);
  for (const line of all) {
    const match = /^\s*([\w][\w .-]{0,60}?)\s*[:=]\s*(\S.*?)\s*$/.exec(line.slice(0, longestLine));
    if (match !== null) lines[match[1]!.toLowerCase()] ??= match[2]!;
  }
  const trimmed = text.trim();
  const one = trimmed !== '' && trimmed.length <= longestLine && !/[\r\n]/.test(trimmed);
  return { lines, body: one ? trimmed : undefined };
}

/**
 * Reads the beginning of a JSON document, what is complete of it: the rest of an answer may be too large to be read.
 * Undefined where even the beginning is none.
 */
export function readJsonPrefix(text: string): unknown {
  const closers: string[] = [];
  /** After the last complete value, and what is open there. */
  let complete: { readonly end: number; readonly closers: readonly string[] } | undefined;
  let inText = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inText) {
      if (character === '\\') index += 1;
      else if (character === '"') inText = false;
      continue;
    }
    if (character === '"') inText = true;
    else if (character === '{' || character === '[') {
      closers.push(character === '{' ? '}' : ']');
      // So deep is no answer that a name is looked for in.
      if (closers.length > 64) break;
    } else if (character === ',') complete = { end: index, closers: [...closers] };
    else if (character === '}' || character === ']') {
      closers.pop();
      complete = { end: index + 1, closers: [...closers] };
    }
  }
  if (complete === undefined) return undefined;
  try {
    return JSON.parse(text.slice(0, complete.end) + complete.closers.toReversed().join('')) as unknown;
  } catch {
    return undefined;
  }
}
