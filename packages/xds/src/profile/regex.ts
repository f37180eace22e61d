import { messageOf } from '../errors.ts';
import type { Report } from './problem.ts';

/** What JavaScript knows and RE2 does not: looking around and referring back. */
const beyondRe2 = /\(\?<?[=!]|\\[1-9]|\\k</;

/** Clients compile expressions with RE2 and reject the resource if that fails. */
export function checkRegex(report: Report, field: string, regex: string): void {
  if (regex === '') throw report(field, 'is empty');
  if (beyondRe2.test(regex))
    throw report(field, `"${regex}" uses what RE2 does not have: look-around or back-references`);
  try {
    // Named groups and leading flags are written differently.
    new RegExp(regex.replaceAll('(?P<', '(?<').replace(/^\(\?[imsU]+\)/, ''));
  } catch (cause) {
    throw report(field, `is not a regular expression: ${messageOf(cause)}`);
  }
}
