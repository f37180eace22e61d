import { largestFamily } from '../../verdict/match-backends.ts';
import { type AnswerSample, formatIdentifier, type Identifier, identifyIn } from './identify.ts';
import { looksGenerated, looksLikeName, type Meaning, meaningOf, plausible } from './names.ts';

interface Candidate {
  readonly identifier: Identifier;
  readonly distinct: number;
  readonly meaning: Meaning;
}

/** What tells backends apart, and why it was taken. */
export interface Chosen {
  readonly identifier: Identifier;
  /** In a sentence, without a full stop. */
  readonly why: string;
}

/**
 * Finds by itself what tells backends apart, from some answers; pure.
 *
 * A candidate has a name that is said for the purpose (`evenkeel-pod`, `hostname`, `x-served-by`), is in every answer, looks
 * like a name, and repeats: what is new in every answer names calls, not backends. Of those the first of these is taken: one
 * with two values or more; the peer, where there are several; one whose name may also be that of something shared (a node),
 * with two values or more; one with the same value everywhere; the peer. Addresses of IPv4 and IPv6 of one host are one peer,
 * and where the name is one that no two backends can share (a pod's), it is taken although it has one value at several.
 */
export function chooseIdentifier(samples: readonly AnswerSample[]): Chosen {
  const peers = new Set(samples.flatMap(({ peer }) => peer ?? []));
  const severalPeers = largestFamily([...peers].map((address) => ({ address }))) > 1;
  const candidates = [...candidatesIn(samples)].toSorted((a, b) => b.distinct - a.distinct);
  const own = candidates.find(({ meaning, distinct }) => meaning !== 'shared' && distinct > 1);
  if (own !== undefined) return named(own);
  const none = `no header, trailer, field or line ${samples.length > 1 ? 'of the first answers ' : ''}names who gave them`;
  const unread = samples.find((sample) => sample.unread !== undefined)?.unread;
  const peer: Chosen = { identifier: { from: 'peer' }, why: unread === undefined ? none : `${none}; ${unread}` };
  const shared = candidates.find(({ meaning, distinct }) => meaning === 'shared' && distinct > 1);
  const constant = candidates.find(({ meaning }) => meaning !== 'shared');
  const unique = candidates.find(({ meaning }) => meaning === 'unique');
  if (severalPeers && unique === undefined) {
    const same = constant ?? shared;
    if (same === undefined) return peer;
    const what = formatIdentifier(same.identifier);
    const why = `${peers.size} addresses answered, and ${what} has only ${same.distinct} ${same.distinct === 1 ? 'value' : 'values'}`;
    return { identifier: { from: 'peer' }, why };
  }
  const found = unique ?? shared ?? constant;
  return found === undefined ? peer : named(found);
}

function named({ identifier, distinct }: Candidate): Chosen {
  return {
    identifier,
    why: `its ${identifier.from === 'body' ? 'text looks like a name' : 'name says so'}, and ${distinct === 1 ? 'its value looks like one' : `it has ${distinct} values that repeat`}`,
  };
}

function* candidatesIn(samples: readonly AnswerSample[]): Generator<Candidate> {
  const first = samples[0];
  if (first === undefined) return;
  for (const [from, names] of [
    ['header', Object.keys(first.headers)],
    ['trailer', Object.keys(first.trailers)],
    ['field', Object.keys(first.fields)],
    ['line', Object.keys(first.lines ?? {})],
  ] as const) {
    for (const name of names) {
      const meaning = meaningOf(from, name);
      const distinct = meaning === undefined ? undefined : distinctIn(samples, { from, name }, plausible);
      if (distinct !== undefined) yield { identifier: { from, name }, distinct, meaning: meaning! };
    }
  }
  // A text that stands alone has no name that says what it is, so it must look like the name of a pod.
  const distinct = distinctIn(samples, { from: 'body' }, looksLikeName);
  if (distinct !== undefined && (distinct > 1 || looksGenerated(first.body ?? ''))) {
    yield { identifier: { from: 'body' }, distinct, meaning: 'own' };
  }
}

/** How many values an identifier has; undefined where one is missing or none, or where they do not repeat. */
function distinctIn(
  samples: readonly AnswerSample[],
  identifier: Identifier,
  looks: (value: string) => boolean,
): number | undefined {
  const values = new Set<string>();
  for (const sample of samples) {
    const value = identifyIn(identifier, sample);
    if (value === undefined || !looks(value)) return undefined;
    values.add(value);
  }
  return samples.length > 1 && values.size === samples.length && samples.length > 8 ? undefined : values.size;
}
