import { type Doubt, type Matched, matchBackends, type SeenAt, type Wanted } from '../../verdict/match-backends.ts';
import { type Distribution, judge } from '../../verdict/verdict.ts';
import type { Second } from '../load/recorder.ts';

/** Who ought to answer, as far as it is known. */
export interface Expectation {
  /** At the end of the run. */
  readonly wanted: readonly Wanted[];
  /** Whether `wanted` are the backends, all of them. */
  readonly known: boolean;
  /** Whether two of them, one of each family, may be addresses of one backend. */
  readonly families: boolean;
  /** What a person said that there are. */
  readonly count: number | null;
  /** That were there for a part of the run, long enough to be called, and answered nothing. */
  readonly missed: readonly Wanted[];
}

/** What a verdict goes by. */
export interface Judgeable {
  readonly seconds: readonly (Pick<Second, 'atMs' | 'answered'> & Partial<Pick<Second, 'failedBy'>>)[];
  /** Shares count from here on: while backends come and go they say nothing. */
  readonly judgedFromMs: number;
  readonly expected: Expectation;
  /** Names are the addresses of connections. */
  readonly byPeer: boolean;
  /** Where a name (`''`: none) answered in the time that is judged. */
  readonly spansOf: (name: string) => readonly SeenAt[];
}

export interface Judged {
  readonly found: Distribution;
  /** Calls that the verdict is of. */
  readonly judged: number;
  /** How many backends there are, as far as is known. */
  readonly backends: number;
  readonly matched: Matched;
  /** That failed every call, as they name themselves, where nothing else is known of them. */
  readonly failingNames: readonly string[];
  /** What the verdict is of, where calls failed: all were spread evenly, and those that were answered are not. */
  readonly failures: { readonly name: string; readonly failed: number; readonly calls: number } | undefined;
  /** Why nothing is claimed, where something stands against it. */
  readonly doubt: Doubt | undefined;
}

/**
 * The verdict of a run of the probe, by the rule of {@link judge} and by who ought to answer; pure.
 *
 * Judged are both the calls that each backend answered and all that it got, as far as those that failed are known to have gone to
 * it: `balanced` is what both are. Without failures they are the same, so it costs no false alarm.
 */
export function judgeRun({ seconds, judgedFromMs, expected, byPeer, spansOf }: Judgeable): Judged {
  const judgedSeconds = seconds.filter(({ atMs }) => atMs >= judgedFromMs);
  const counts = sumOf(judgedSeconds.map(({ answered }) => answered));
  const failed = sumOf(judgedSeconds.map(({ failedBy = {} }) => failedBy));
  const anonymous = { calls: counts.get('') ?? 0, peers: spansOf('').map(({ peer }) => peer) };
  counts.delete('');
  const seen = [...counts].map(([name, calls]) => ({ name, calls, at: spansOf(name) }));
  const matched = matchBackends({ ...expected, seen, anonymous, byPeer });
  // Where failed calls named nobody, the name is the address of a connection, which may be a proxy's.
  const failingNames =
    matched.by === 'count' && !byPeer ? [...failed.keys()].filter((name) => !counts.has(name) && !isAddress(name)) : [];
  const zeros =
    matched.by === 'count'
      ? Math.max(matched.silentCount, failingNames.length)
      : matched.silentCount + expected.missed.length;
  const callsOf = ({ reached, unexpected }: Matched): number[] => [
    ...reached,
    ...unexpected.map(({ calls }) => calls),
    ...Array.from({ length: zeros }, () => 0),
  ];
  const all = callsOf(matched);
  const certain = matched.by !== 'count' && matched.silent.length + expected.missed.length > 0;
  const { verdict, doubt } = withDoubt(judge(all), matched, certain || failingNames.length > 0);
  const sent = seen.map((one) => ({ ...one, calls: one.calls + (failed.get(one.name) ?? 0) }));
  const ofSent = judge(callsOf(matchBackends({ ...expected, seen: sent, anonymous, byPeer })));
  const worse = verdict === 'balanced' && ofSent.verdict === 'skewed';
  return {
    found: worse ? ofSent : { ...judge(all), verdict },
    failingNames,
    failures: verdict === 'skewed' && ofSent.verdict === 'balanced' ? worstOf(sent, failed) : undefined,
    judged: seen.reduce((sum, { calls }) => sum + calls, 0),
    backends: all.length,
    matched,
    doubt,
  };
}

function sumOf(all: readonly Readonly<Record<string, number>>[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const one of all) for (const [name, calls] of Object.entries(one)) sums.set(name, (sums.get(name) ?? 0) + calls);
  return sums;
}

function isAddress(name: string): boolean {
  return /^(?:\[[^\]]+\]|[\d.]+):\d+$/.test(name);
}

/** The backend that failed the largest part of its calls. */
function worstOf(
  sent: readonly { name: string; calls: number }[],
  failed: ReadonlyMap<string, number>,
): Judged['failures'] {
  const all = sent.map(({ name, calls }) => ({ name, calls, failed: failed.get(name) ?? 0 }));
  return all.sort((a, b) => b.failed / b.calls - a.failed / a.calls)[0];
}

function withDoubt(
  { verdict }: Distribution,
  { doubt, worst, unexpected }: Matched,
  /** Whether a backend that is known got no call. */
  silent: boolean,
): Pick<Distribution, 'verdict'> & { doubt?: Doubt | undefined } {
  if (verdict === 'inconclusive') return { verdict, doubt };
  // What got no call got none, whatever else is not known.
  if (silent) return { verdict };
  switch (doubt) {
    case 'hidden':
    case 'surplus':
    case 'anonymous':
    case 'families':
      return { verdict: 'inconclusive', doubt };
    case 'contradiction':
    case 'unused':
      return verdict === 'balanced' ? { verdict: 'inconclusive', doubt } : { verdict };
  }
  if (worst && verdict !== 'balanced') return { verdict: 'inconclusive', doubt: 'families' };
  // A share of nothing is what a backend ought to get that is not expected.
  return { verdict: verdict === 'balanced' && unexpected.length > 0 ? 'skewed' : verdict };
}
