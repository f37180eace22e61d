import { fromJsonString } from '@bufbuild/protobuf';
import { ValueSchema } from '@bufbuild/protobuf/wkt';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import { findJsonMistake } from '../../base/json-syntax.ts';
import { placeInText } from '../../base/place-in-text.ts';
import { JsonNumber } from './exact-number.ts';

/** JSON whose numbers are kept as they were written. */
export type Data = string | boolean | null | JsonNumber | readonly Data[] | { readonly [name: string]: Data };

/**
 * Reads the JSON of a call.
 *
 * @throws EvenkeelError `EK_PROBE_DATA` with line and column
 */
export function readData(text: string, field: string): Data {
  const refused = (message: string, place: object = {}): EvenkeelError =>
    new EvenkeelError('EK_PROBE_DATA', message, { field, ...place, hint: `For example ${field} '{"name":"you"}'.` });
  const mistake = findJsonMistake(text);
  if (mistake !== undefined) {
    const { line, column } = placeInText(text, mistake.offset);
    throw refused(`the data is not JSON: line ${line}, column ${column}: ${mistake.message}`);
  }
  const twice = nameThatIsThereTwice(text);
  if (twice !== undefined) throw refused(`the data has "${twice}" twice in one object`);
  try {
    return JSON.parse(text, keepNumber as (key: string, value: unknown) => unknown) as Data;
  } catch (thrown) {
    throw refused(`the data cannot be read: ${messageOf(thrown)}`);
  }
}

function keepNumber(_: string, value: unknown, { source }: { readonly source?: string }): unknown {
  return typeof value === 'number' ? new JsonNumber(source ?? String(value)) : value;
}

/** JSON.parse takes the last of them, and says nothing; the library looks for them before all else. */
function nameThatIsThereTwice(text: string): string | undefined {
  try {
    fromJsonString(ValueSchema, text);
  } catch (thrown) {
    return /duplicate object key "(.*)"$/s.exec(messageOf(thrown))?.[1];
  }
  return undefined;
}
