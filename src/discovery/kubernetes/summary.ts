import { EvenkeelError } from '../../base/errors.ts';

/** So many different errors are told in full. */
const toldInFull = 2;

/**
 * What cannot be read, as one error: where the server is away every watch fails alike, but of rights several may be
 * missing, and a person wants to know of all of them at once.
 */
export function summaryOf(errors: readonly EvenkeelError[]): EvenkeelError | undefined {
  const [first, ...others] = [...new Map(errors.map((error) => [error.message, error])).values()];
  if (first === undefined || others.length === 0) return first;
  const told = [first, ...others.slice(0, toldInFull - 1)];
  const rest = others.length + 1 - told.length;
  const messages = [...told.map(({ message }) => message), ...(rest > 0 ? [`and ${rest} more`] : [])];
  return new EvenkeelError(first.code, messages.join('; '), {
    ...first.location,
    hint: [...new Set(told.map(({ hint }) => hint))].join(' '),
    cause: first.cause,
  });
}
