import { canonicalAddress } from '../../verdict/canonical-address.ts';
import { largestFamily, type Matched, type Wanted } from '../../verdict/match-backends.ts';
import { minimumCalls } from '../../verdict/verdict.ts';
import type { LoadResult } from '../load/run-load.ts';
import type { Expected } from '../target/expected.ts';
import type { Contacts } from './contacts.ts';
import { explainRun } from './explain-run.ts';
import { followChanges, judgedFrom } from './follow-changes.ts';
import { type Judged, judgeRun } from './judge-run.ts';
import type { Measured } from './measured.ts';
import type { ProbeReport } from './report.ts';
import type { BackendEvent, Watched } from './watch-backends.ts';

/** Addresses of a name that are reported. */
const mostAddresses = 8;

/** What a run says about who answered. */
export interface WhoAnswered {
  readonly changes: ProbeReport['changes'];
  readonly judgedFromMs: number;
  readonly judged: Judged;
  readonly backends: ProbeReport['backends'];
  readonly explained: { readonly why: string; readonly do: string };
}

/** Holds who answered against who ought to, at the end of the run and while they were there; pure. */
export function whoAnswered({ options, identified, first, watched, contacts, result }: Measured): WhoAnswered {
  const { recorder, startedAt } = result;
  const { last } = watched;
  const { answered, failed, notSent } = recorder;
  const failures = recorder.failures();
  const mixed = last.families && [first, last].some(({ backends }) => largestFamily(backends) < backends.length);
  const changes = followChanges(
    mixed ? ofCalledFamilies(watched.events, contacts) : watched.events,
    contacts,
    startedAt,
    result.measuredMs,
  );
  const judgedFromMs = judgedFrom(changes);
  const seconds = recorder.seconds();
  const missed = last.known && !mixed ? missedOf(first, watched, contacts, result) : [];
  const expected = {
    ...{ wanted: last.backends, known: last.known, families: last.families },
    ...{ count: options.backends ?? null, missed },
  };
  const byPeer = identified.identifier.from === 'peer';
  const judgedSince = (since: number): Judged =>
    judgeRun({
      ...{ seconds, judgedFromMs: since, expected, byPeer },
      spansOf: (name) => contacts.spansOf(name, startedAt + since),
    });
  const sinceChanges = judgedSince(judgedFromMs);
  // Where nothing is left to judge, who answered before still is of interest.
  const judged =
    sinceChanges.judged === 0
      ? { ...sinceChanges, matched: withoutThoseThatWent(judgedSince(0).matched, first, watched) }
      : sinceChanges;
  const { matched } = judged;
  const nameOf = ({ name, address }: Wanted): string => name ?? address;
  const failing = [...matched.silent, ...missed].filter(
    (backend) => contacts.of(backend, Number.POSITIVE_INFINITY).lastSentAt !== undefined,
  );
  return {
    ...{ changes, judgedFromMs, judged },
    backends: {
      expected: options.backends ?? matched.expected,
      source: options.backends === undefined ? last.source : 'flag',
      matched: matched.by,
      reached: matched.reached.length,
      silent: [...matched.silent, ...missed].map(nameOf),
      unexpected: matched.unexpected.map(({ name }) => name),
      list: recorder.sums().map((sum) => ({
        ...sum,
        share: answered === 0 ? 0 : sum.calls / answered,
        addresses: contacts
          .spansOf(sum.name, startedAt)
          .slice(0, mostAddresses)
          .map(({ peer }) => peer),
      })),
    },
    explained: explainRun({ judged, missed, failing, judgedFromMs, answered, failed, failures, notSent, options }),
  };
}

/** What answered while it was expected did as it ought to, though it has gone. */
function withoutThoseThatWent(matched: Matched, first: Expected, { events }: Watched): Matched {
  const once = new Set(
    [...first.backends, ...events].flatMap(({ address, name = '' }) => [canonicalAddress(address), name]),
  );
  const unexpected = matched.unexpected.filter(
    ({ name, at }) => !once.has(name) && !at.some(({ peer }) => once.has(canonicalAddress(peer))),
  );
  return { ...matched, unexpected };
}

/**
 * Of hosts with addresses of both families a client may call only those of one: then a change is followed there.
 */
function ofCalledFamilies(events: readonly BackendEvent[], contacts: Contacts): readonly BackendEvent[] {
  const called = events.filter(
    ({ address }) => contacts.of({ address }, Number.POSITIVE_INFINITY).lastSentAt !== undefined,
  );
  const families = new Set(called.map(({ address }) => address.startsWith('[')));
  return families.size === 1 ? events.filter(({ address }) => families.has(address.startsWith('['))) : events;
}

/** Backends that went in the run and answered nothing, though enough calls were answered meanwhile to reach each once. */
function missedOf(first: Expected, { events, last }: Watched, contacts: Contacts, result: LoadResult): Wanted[] {
  const { recorder, startedAt } = result;
  const enough = minimumCalls(Math.max(2, first.backends.length));
  const seconds = recorder.seconds();
  return events
    .filter(({ event }) => event === 'went')
    .filter((went) => {
      const same = (other: Wanted): boolean => other.address === went.address && other.name === went.name;
      const came = events.findLast((other) => other.event === 'came' && other.at < went.at && same(other))?.at;
      const from = Math.max(startedAt, came ?? startedAt);
      if (last.backends.some(same)) return false;
      if (contacts.of(went, went.at).firstAnswerAt !== undefined) return false;
      const answered = seconds
        .filter(({ atMs }) => startedAt + atMs >= from && startedAt + atMs + 1000 <= went.at)
        .flatMap((second) => Object.values(second.answered))
        .reduce((sum, calls) => sum + calls, 0);
      return answered >= enough;
    })
    .map(({ address, name, also }) => ({ address, name, also }));
}
