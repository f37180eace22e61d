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

/** Where a client is asked in another way than the others; the cells count all the same. */
export interface Deviation {
  readonly clients: readonly ClientId[];
  readonly what: string;
}

export const deviations: readonly Deviation[] = [
  {
    clients: ['envoy-sotw', 'envoy-delta'],
    what:
      'Envoy serves no CSDS. What it applied is read from its /config_dump, what it rejected from its counters ' +
      'update_rejected.',
  },
  {
    clients: ['envoy-sotw', 'envoy-delta'],
    what:
      'It asks for everything there is and not for one Service: that a Service comes late means that calls through it ' +
      'have nowhere to go before.',
  },
  {
    clients: ['envoy-sotw', 'envoy-delta'],
    what: 'It runs one worker, since each worker has a round robin of its own.',
  },
];
