/** What a check found wrong with the server. */
export class CheckFailure extends Error {}

/** The server, or its driver, says that it does not have what a check is about. */
export class Unsupported extends Error {}

/** The suite itself could not go on: no server, a driver that fails. Exit code 3. */
export class RunBroke extends Error {}

/** The suite was called with what cannot be meant. Exit code 2. */
export class BadInput extends Error {}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
