import { EvenkeelError } from '../../base/errors.ts';
import { placeInText } from '../../base/place-in-text.ts';

type Kind = 'name' | 'number' | 'text' | 'symbol' | 'end';

interface Token {
  readonly kind: Kind;
  /** As it stands in the file. */
  readonly text: string;
  readonly at: number;
}

const space = /(?:\s|\uFEFF|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const word =
  /(?<name>[A-Za-z_]\w*)|(?<number>(?:\d|\.\d)(?:[eE][+-]|[\w.])*)|(?<text>"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')|(?<symbol>[\s\S])/uy;

/** The words of a .proto file, one after the other. */
export class ProtoTokens {
  readonly #file: string;
  readonly #text: string;
  #last: Token = { kind: 'end', text: '', at: 0 };
  #next: Token;
  #after: number;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    [this.#next, this.#after] = this.#read(0);
  }

  /** Whether the next word is one of these; strings never are. */
  is(...texts: readonly string[]): boolean {
    return this.#next.kind !== 'text' && texts.includes(this.#next.text);
  }

  /** Whether the word behind the next one is this. */
  isFollowedBy(pattern: RegExp): boolean {
    return pattern.test(this.#read(this.#after)[0].text);
  }

  get kind(): Kind {
    return this.#next.kind;
  }

  /** Takes the next word, whatever it is. */
  take(): string {
    const { text } = this.#next;
    if (this.#next.kind === 'end') throw this.mistake('something more');
    this.#last = this.#next;
    [this.#next, this.#after] = this.#read(this.#after);
    return text;
  }

  /** Takes the next word if it is this one. */
  takeIf(text: string): boolean {
    const found = this.is(text);
    if (found) this.take();
    return found;
  }

  expect(text: string): void {
    if (!this.takeIf(text)) throw this.mistake(`"${text}"`);
  }

  name(what: string): string {
    if (this.kind !== 'name') throw this.mistake(what);
    return this.take();
  }

  /** `Name`, `a.b.Name`, `.a.b.Name` */
  fullName(what: string): string {
    let name = this.takeIf('.') ? '.' : '';
    name += this.name(what);
    while (this.takeIf('.')) name += `.${this.name(what)}`;
    return name;
  }

  /** A whole number between two others, these included. */
  integer(what: string, least: number, most: number): number {
    const minus = least < 0 && this.takeIf('-');
    // Octal numbers begin with 0.
    const text = this.#next.text.replace(/^0(?=[0-7]+$)/, '0o');
    const read = this.kind === 'number' ? Number(text) : Number.NaN;
    const value = minus ? -read : read;
    if (!Number.isInteger(value) || value < least || value > most) throw this.mistake(`${what}, ${least} to ${most}`);
    this.take();
    return value;
  }

  /** A string, or several of them in a row. */
  string(what: string): string {
    if (this.kind !== 'text') throw this.mistake(what);
    let value = '';
    while (this.kind === 'text') value += this.take().slice(1, -1);
    return value;
  }

  /** Something else stands where this was expected. */
  mistake(expected: string): EvenkeelError {
    return this.#errorAt(this.#next.at, `expected ${expected}, found ${this.#found()}`);
  }

  /** The word that was taken last cannot be. */
  refused(reason: string): EvenkeelError {
    return this.#errorAt(this.#last.at, reason);
  }

  #found(): string {
    const { kind, text, at } = this.#next;
    if (kind === 'end') return 'the end of the file';
    if (kind === 'symbol' && this.#text.startsWith('/*', at)) return 'a comment without its end "*/"';
    if (kind === 'symbol' && /["']/.test(text)) return 'a string without its end on the same line';
    return `"${text.slice(0, 40)}"`;
  }

  #errorAt(at: number, message: string): EvenkeelError {
    const place = placeInText(this.#text, at);
    return new EvenkeelError('EK_FILE_SYNTAX', `line ${place.line}: ${message}`, {
      file: this.#file,
      ...place,
      hint: 'Correct it there, or try whether protoc takes the file.',
    });
  }

  #read(from: number): [Token, number] {
    space.lastIndex = from;
    space.test(this.#text);
    const at = space.lastIndex;
    word.lastIndex = at;
    const match = word.exec(this.#text);
    if (match === null) return [{ kind: 'end', text: '', at }, at];
    const kinds = ['name', 'number', 'text', 'symbol'] as const;
    return [{ kind: kinds.find((kind) => match.groups![kind] !== undefined)!, text: match[0], at }, word.lastIndex];
  }
}
