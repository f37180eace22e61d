import { toHundredths } from '../../base/hundredths.ts';
import type { Contacts } from './contacts.ts';
import type { ProbeReport } from './report.ts';
import type { BackendEvent } from './watch-backends.ts';

/** A backend that still got a call so shortly before the end has not been left. */
const quietMs = 1000;

/** How soon each change of backends was followed; pure. Times of `events` and `contacts` are of one clock. */
export function followChanges(
  events: readonly BackendEvent[],
  contacts: Pick<Contacts, 'of'>,
  startedAt: number,
  measuredMs: number,
): ProbeReport['changes'] {
  return events.map(({ event, at, ...backend }) => {
    const base = { event, backend: backend.name ?? backend.address, atMs: toHundredths(at - startedAt) };
    const { firstAnswerAt, lastSentAt = at } = contacts.of(backend, at);
    if (event === 'came') {
      return {
        ...base,
        followedMs: firstAnswerAt === undefined ? null : toHundredths(Math.max(0, firstAnswerAt - at)),
      };
    }
    // What came back is another time of it.
    const back = events.some((next) => next.event === 'came' && next.at > at && next.address === backend.address);
    const left = back || lastSentAt <= startedAt + measuredMs - quietMs;
    return { ...base, followedMs: left ? toHundredths(Math.max(0, lastSentAt - at)) : null };
  });
}

/** The first whole second after the last change was followed: what came before it says nothing about shares. */
export function judgedFrom(changes: ProbeReport['changes']): number {
  const through = changes.map(({ atMs, followedMs }) => atMs + (followedMs ?? 0));
  return through.length === 0 ? 0 : Math.max(0, Math.ceil(Math.max(...through) / 1000) * 1000);
}

/** The slowest; null where there was no change, or one was not followed. */
export function convergedOf(changes: ProbeReport['changes']): number | null {
  if (changes.some(({ followedMs }) => followedMs === null)) return null;
  return changes.reduce<number | null>((most, { followedMs }) => Math.max(most ?? 0, followedMs!), null);
}
