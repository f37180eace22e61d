import type { ClientId } from './clients.ts';

/** A cell of the matrix that a client cannot fill, and why. */
export interface Exception {
  readonly client: ClientId;
  /** Id of the case. */
  readonly case: string;
  readonly reason: string;
}

/** Every exception there is; a cell that is not here must pass. */
export const exceptions: readonly Exception[] = [];

export function exceptionFor(client: ClientId, caseId: string): Exception | undefined {
  return exceptions.find((exception) => exception.client === client && exception.case === caseId);
}
