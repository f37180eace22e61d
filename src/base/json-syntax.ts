/** Where a text stops being JSON, and what should have been there. */
export interface JsonMistake {
  readonly offset: number;
  /** `expected …, found …` */
  readonly message: string;
}

type Expected = 'value' | 'first value' | 'first name' | 'name' | 'colon' | 'next' | 'end';

const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const space = /[ \t\r\n]*/y;
/** What a person takes for one word; a bound, since it is shown. */
const word = /[\w.+-]{1,20}|[\s\S]/uy;

/**
 * The first place at which a text is no JSON (RFC 8259); undefined: it is JSON. The messages of `JSON.parse` do not always say
 * where, and those of YAML, of which JSON is a part, are about YAML.
 */
export function findJsonMistake(text: string): JsonMistake | undefined {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let name: string | undefined;
  let at = 0;
  const afterValue = (): Expected => (open.length === 0 ? 'end' : 'next');

  for (;;) {
    at = endOf(space, text, at)!;
    const character = text[at];
    if (character === undefined && expected === 'end') return undefined;
    const container = open.at(-1);
    const close = container === '{' ? '}' : ']';
    if (expected === 'next' && character === ',') {
      expected = container === '{' ? 'name' : 'value';
      name = undefined;
      at += 1;
    } else if ((expected === 'next' || expected.startsWith('first')) && character === close) {
      open.pop();
      expected = afterValue();
      at += 1;
    } else if (expected === 'colon' && character === ':') {
      expected = 'value';
      at += 1;
    } else if ((expected === 'name' || expected === 'first name') && character === '"') {
      const end = endOfString(text, at);
      if (typeof end !== 'number') return end;
      name = text.slice(at, end);
      expected = 'colon';
      at = end;
    } else if (expected === 'value' || expected === 'first value') {
      if (character === '{' || character === '[') {
        open.push(character);
        expected = character === '{' ? 'first name' : 'first value';
        name = undefined;
        at += 1;
        continue;
      }
      const end = character === '"' ? endOfString(text, at) : endOf(scalar, text, at);
      if (end === undefined) return mistake();
      if (typeof end !== 'number') return end;
      expected = afterValue();
      at = end;
    } else return mistake();
  }

  function mistake(): JsonMistake {
    const last = open.at(-1) === '{' ? '}' : ']';
    const wanted: Readonly<Record<Expected, string>> = {
      value: name === undefined ? 'a value' : `a value for ${shortened(name)}`,
      'first value': 'a value or ]',
      'first name': 'a name in double quotes or }',
      name: 'a name in double quotes',
      colon: `a colon after ${shortened(name ?? '')}`,
      next: `a comma or ${last}`,
      end: 'the end of the file',
    };
    return { offset: at, message: `expected ${wanted[expected]}, found ${found(text, at)}` };
  }
}

/** The offset behind the string that begins at `start`, or what is wrong in it. */
function endOfString(text: string, start: number): number | JsonMistake {
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') return at + 1;
    if (character < ' ') {
      const what = character === '\n' || character === '\r' ? 'the end of the line' : 'a control character';
      return { offset: at, message: `expected the string to end with a double quote, found ${what}` };
    }
    if (character !== '\\') continue;
    if (!/^\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/.test(text.slice(at, at + 6))) {
      const found = text.slice(at, at + 2);
      return { offset: at, message: `expected an escape that JSON knows, such as \\\\ or \\n, found ${found}` };
    }
    at += 1;
  }
  return { offset: start, message: 'expected the string to end with a double quote, found the end of the file' };
}

function found(text: string, at: number): string {
  const end = endOf(word, text, at);
  return end === undefined ? 'the end of the file' : text.slice(at, end);
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** The offset behind what the sticky pattern finds at `at`; undefined: it finds nothing there. */
function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
