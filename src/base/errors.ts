import { messageOf, ResourceError } from '@evenkeel/xds/errors';
import { type ErrorCodeName, errorCodes } from './error-codes.ts';
import { printable, printableLines } from './printable.ts';

/** Where in a person's input the mistake is. */
export interface ErrorLocation {
  /** Path of the file, as the person gave it. */
  readonly file?: string | undefined;
  /** 1-based line. */
  readonly line?: number | undefined;
  /** 1-based column. */
  readonly column?: number | undefined;
  /** Dotted path of the field (`services[1].portName`), flag (`--calls`) or environment variable. */
  readonly field?: string | undefined;
}

export interface ErrorDetails extends ErrorLocation {
  /** What to do about it; without one the code's general action is printed. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The one error class of evenkeel: a stable code, where the mistake is, and what to do.
 *
 * The message says what was wrong and needs no stack trace to be understood.
 */
export class EvenkeelError extends Error {
  override readonly name = 'EvenkeelError';
  readonly code: ErrorCodeName;
  readonly location: ErrorLocation;
  readonly hint: string;

  constructor(code: ErrorCodeName, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const { hint, cause: _cause, ...location } = details;
    this.code = code;
    this.location = location;
    this.hint = hint ?? errorCodes[code].action;
  }

  /** 1 a gate was not met, 2 bad input or usage, 3 the run broke (DESIGN: exit codes). */
  get exitCode(): 1 | 2 | 3 {
    return errorCodes[this.code].exitCode;
  }

  /** Plain data for `--json` and logs. */
  toJSON(): Record<string, unknown> {
    return { code: this.code, message: this.message, ...this.location, hint: this.hint };
  }
}

/** `file.yaml:3:7, field services[0].name` or an empty string. */
export function formatLocation({ file, line, column, field }: ErrorLocation): string {
  const place = [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':');
  const named = field === undefined ? '' : `field ${field}`;
  return [place, named].filter((part) => part !== '').join(', ');
}

/** The lines a person sees: what, where, what to do. What others have said is in them, so it is made harmless. */
export function formatError(error: EvenkeelError): string {
  const where = formatLocation(error.location);
  return [
    `error ${error.code}: ${printable(error.message, longestMessage)}`,
    ...(where === '' ? [] : [`  at ${printable(where)}`]),
    ...printableLines(error.hint.slice(0, longestHint))
      .split('\n')
      // Indented, so that nothing that is quoted looks like a line of ours.
      .map((line) => `  ${line.replace(/^ {2}/, '')}`),
  ].join('\n');
}

const longestMessage = 2000;
/** The last lines of a pod may stand in it. */
const longestHint = 8000;

/** Wraps what is not ours already; the original stays as `cause`. */
export function toEvenkeelError(thrown: unknown): EvenkeelError {
  if (thrown instanceof EvenkeelError) return thrown;
  if (thrown instanceof ResourceError) {
    return new EvenkeelError(thrown.code, thrown.message, { field: thrown.field, cause: thrown.cause });
  }
  return new EvenkeelError('EK_INTERNAL', messageOf(thrown), { cause: thrown });
}

export { messageOf };
