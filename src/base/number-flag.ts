import { EvenkeelError } from './errors.ts';

/** The value of a flag, or `fallback` where it is not given. @throws EvenkeelError `EK_USAGE`, naming the flag */
export function wholeNumber<F extends number | undefined>(
  text: string | undefined,
  field: string,
  fallback: F,
  min: number,
  max: number,
): number | F {
  return flagValue(text, field, fallback, min, max, /^\d{1,10}$/, 'whole number');
}

/** As {@link wholeNumber}, for values that may have decimals. */
export function decimal(text: string | undefined, field: string, fallback: number, min: number, max: number): number {
  return flagValue(text, field, fallback, min, max, /^\d+(\.\d+)?$/, 'number');
}

function flagValue<F extends number | undefined>(
  text: string | undefined,
  field: string,
  fallback: F,
  min: number,
  max: number,
  form: RegExp,
  kind: string,
): number | F {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (form.test(text) && value >= min && value <= max) return value;
  throw new EvenkeelError('EK_USAGE', `"${text}" is not a ${kind} from ${min} to ${max}`, {
    field,
    hint: `For example ${field} ${fallback ?? Math.max(min, Math.min(10, max))}.`,
  });
}
