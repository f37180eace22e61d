import { EvenkeelError } from '../../base/errors.ts';
import { type SchemeId, schemeIds, schemes } from './schemes.ts';

/**
 * Parses `a,b,c`; order and duplicates do not matter, the answer is in the order of {@link schemeIds}.
 *
 * @throws EvenkeelError `EK_UNKNOWN_SCHEME`, naming those that exist
 */
export function parseSchemeList(text: string, field = '--schemes'): SchemeId[] {
  const wanted = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const unknown = wanted.find((name) => !Object.hasOwn(schemes, name));
  if (unknown !== undefined || wanted.length === 0) {
    throw new EvenkeelError(
      'EK_UNKNOWN_SCHEME',
      unknown === undefined ? 'the list of schemes is empty' : `there is no scheme "${unknown}"`,
      { field, hint: `Known schemes: ${schemeIds.join(', ')}.` },
    );
  }
  return schemeIds.filter((id) => wanted.includes(id));
}
