import type { Second } from '../load/recorder.ts';
import { type Distribution, judge } from '../verdict/verdict.ts';

/** What a verdict goes by. */
export interface Judgeable {
  readonly seconds: readonly Pick<Second, 'atMs' | 'answered'>[];
  /** Shares count from here on: while backends come and go they say nothing. */
  readonly judgedFromMs: number;
  /** Backends that ought to answer; null: nobody said. */
  readonly expected: number | null;
  /** Whether the one name that was seen may stand for many backends. */
  readonly standsForMany: (name: string) => boolean;
}

export interface Judged {
  readonly found: Distribution;
  /** Calls that the verdict is of. */
  readonly judged: number;
  /** How many backends there are, as far as is known. */
  readonly backends: number;
  /** All answers came from one address that is not known to be a backend's. */
  readonly hidden: boolean;
}

/** The verdict of a run of the probe, by the rule of {@link judge}; pure. */
export function judgeRun({ seconds, judgedFromMs, expected, standsForMany }: Judgeable): Judged {
  const counts = new Map<string, number>();
  for (const { atMs, answered } of seconds) {
    if (atMs < judgedFromMs) continue;
    for (const [name, calls] of Object.entries(answered)) {
      if (name !== '') counts.set(name, (counts.get(name) ?? 0) + calls);
    }
  }
  const hidden = counts.size === 1 && standsForMany([...counts.keys()][0]!);
  const missing = Math.max(0, (expected ?? 0) - counts.size);
  const found = judge([...counts.values(), ...Array.from({ length: missing }, () => 0)]);
  const judged = [...counts.values()].reduce((sum, calls) => sum + calls, 0);
  return {
    found: hidden ? { ...found, verdict: 'inconclusive' } : found,
    judged,
    backends: Math.max(expected ?? 0, counts.size),
    hidden,
  };
}
