import { existsSync } from 'node:fs';

/**
 * Why a test is skipped whose optional part is missing; false where it is there.
 *
 * @throws Error with that reason where all parts are required (`EVENKEEL_REQUIRE=all`)
 */
export function without(file: string, why: string): string | false {
  if (existsSync(file)) return false;
  if (process.env.EVENKEEL_REQUIRE === 'all') throw new Error(why);
  return why;
}
