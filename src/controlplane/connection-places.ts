import { defaultLimits } from '@evenkeel/xds';

/** TLS handshakes at once; one of the address that has the most goes. */
const maxHandshakes = 1_000;

/** Open files that are left for everything but clients of xDS: the admin server, discovery, health checks, the log. */
const filesForOthers = 256;

export interface ConnectionPlaces {
  /** Connections of clients. */
  readonly sessions: number;
  /** Handshakes beside them. */
  readonly handshakes: number;
}

/**
 * How many connections there may be: where all open files are used up, no probe is answered either and nobody can be made to
 * go, so the places end before.
 *
 * @param openFiles - how many the process may have; undefined: not known
 * @param maxSessions - connections of clients, where the system allows so many
 */
export function placesWithin(
  openFiles: number = Number.POSITIVE_INFINITY,
  maxSessions: number = defaultLimits.sessions,
): ConnectionPlaces {
  const free = Math.max(openFiles - filesForOthers, 20);
  const handshakes = Math.min(maxHandshakes, Math.floor(free / 10));
  return { sessions: Math.min(maxSessions, free - handshakes), handshakes };
}
