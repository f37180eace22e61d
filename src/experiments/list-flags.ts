import { EvenkeelError } from '../base/errors.ts';

/**
 * Some of these names, in their own order; all where the flag is not given.
 *
 * @throws EvenkeelError `EK_USAGE`
 */
export function chosenNames<Name extends string>(
  text: string | undefined,
  field: string,
  names: readonly Name[],
): Name[] {
  if (text === undefined) return [...names];
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !(names as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new EvenkeelError('EK_USAGE', `there is no "${unknown}"`, { field, hint: `Known: ${names.join(', ')}.` });
  }
  return names.filter((name) => wanted.includes(name));
}

/** `5,4,2`: whole numbers from 1 to `max`. @throws EvenkeelError `EK_USAGE` */
export function numbers(text: string, field: string, max: number): number[] {
  return text.split(',').map((part) => {
    const value = Number(part);
    if (/^\s*\d{1,4}\s*$/.test(part) && value >= 1 && value <= max) return value;
    throw new EvenkeelError('EK_USAGE', `"${text}" is not a list of whole numbers from 1 to ${max}`, {
      field,
      hint: `For example ${field} 5,4,2.`,
    });
  });
}
