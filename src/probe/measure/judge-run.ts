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
  readonly seconds: readonly Pick<Second, 'atMs' | 'answered'>[];
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
  /** Why nothing is claimed, where something stands against it. */
  readonly doubt: Doubt | undefined;
}

/** The verdict of a run of the probe, by the rule of {@link judge} and by who ought to answer; pure. */
export function judgeRun({ seconds, judgedFromMs, expected, byPeer, spansOf }: Judgeable): Judged {
  const counts = new Map<string, number>();
  for (const { atMs, answered } of seconds) {
    if (atMs < judgedFromMs) continue;
    for (const [name, calls] of Object.entries(answered)) counts.set(name, (counts.get(name) ?? 0) + calls);
  }
  const anonymous = { calls: counts.get('') ?? 0, peers: spansOf('').map(({ peer }) => peer) };
  counts.delete('');
  const seen = [...counts].map(([name, calls]) => ({ name, calls, at: spansOf(name) }));
  const matched = matchBackends({ ...expected, seen, anonymous, byPeer });
  const zeros = matched.silentCount + (matched.by === 'count' ? 0 : expected.missed.length);
  const strangers = matched.unexpected.map(({ calls }) => calls);
  const all = [...matched.reached, ...strangers, ...Array.from({ length: zeros }, () => 0)];
  const certain = matched.by !== 'count' && matched.silent.length + expected.missed.length > 0;
  const { verdict, doubt } = withDoubt(judge(all), matched, certain);
  return {
    found: { ...judge(all), verdict },
    judged: seen.reduce((sum, { calls }) => sum + calls, 0),
    backends: all.length,
    matched,
    doubt,
  };
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
