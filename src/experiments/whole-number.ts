import { EvenkeelError } from '../base/errors.ts';

/** The value of a flag, or `fallback` where it is not given. @throws EvenkeelError `EK_USAGE`, naming the flag */
export function wholeNumber(
  text: string | undefined,
  field: string,
  fallback: number,
  min: number,
  max: number,
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= min && value <= max) return value;
  throw new EvenkeelError('EK_USAGE', `"${text}" is not a whole number from ${min} to ${max}`, {
    field,
    hint: `For example ${field} ${fallback}.`,
  });
}
