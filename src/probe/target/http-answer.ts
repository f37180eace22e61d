import { readJsonPrefix, readText } from '../identify/text-answer.ts';
import { type BodyText, mostBodyBytes } from './http-body.ts';

/** What a body says, for whoever looks for a name in it. */
export interface HttpContent {
  /** The JSON document, or the beginning of one that was too large. */
  readonly json: unknown;
  readonly lines: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly unread: string | undefined;
}

/** Looks at a body as JSON, else as lines of text; pure. */
export function contentOf({ text, cut, problem }: BodyText, contentType = ''): HttpContent {
  const unread =
    problem === undefined
      ? cut
        ? `of the body only the first ${mostBodyBytes / 1024} KiB were looked at`
        : undefined
      : `${problem}, which cannot be read`;
  const none = { json: undefined, lines: {}, body: undefined, unread };
  if (/json/i.test(contentType) || /^\s*[[{"]/.test(text)) {
    const json = cut ? readJsonPrefix(text) : jsonOf(text);
    if (typeof json === 'string') return { ...none, body: json };
    if (json !== undefined) return { ...none, json };
  }
  // Pages and bytes have no lines that are meant to be read one by one.
  if (/html|xml/i.test(contentType) || /^\s*</.test(text) || /[\0\uFFFD]/.test(text.slice(0, 1000))) return none;
  const { lines, body } = readText(text);
  return { ...none, lines, body: cut ? undefined : body };
}

const shownCharacters = 200;

/** What an answer says that sends elsewhere (RFC 9110, 15.4): it is an answer, and not of what was to be measured; pure. */
export function redirectOf(code: number, location: string | undefined): string | undefined {
  if (![301, 302, 303, 307, 308].includes(code) || location === undefined) return undefined;
  const shown = location.length > shownCharacters ? `${location.slice(0, shownCharacters)}…` : location;
  return `an answer is a redirect to ${shown} (HTTP ${code}), which is not followed: name that address`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
