import type { EjectionSettings } from '../model/ejection-settings.ts';

/** Calls to one pod, and of those who call it bad to the others. */
export interface CallEvidence {
  /** Calls that ended well. */
  good: number;
  /** Calls that failed, or were not answered, of clients that do well elsewhere. */
  bad: number;
  /** The same of clients that did well elsewhere lately, and have called nothing else since. */
  doubted: number;
  /** Calls of the two latter to all other pods, and those of them that failed or were under way. */
  elsewhere: number;
  badElsewhere: number;
}

/**
 * Who says what of one pod: clients of most of whose calls the one or the other is true. An address has one voice, with
 * however many streams it comes and however often it reports.
 */
export interface Votes {
  good: number;
  bad: number;
  doubted: number;
}

export interface Evidence {
  readonly calls: CallEvidence;
  readonly votes: Votes;
}

export function noCalls(): CallEvidence {
  return { good: 0, bad: 0, doubted: 0, elsewhere: 0, badElsewhere: 0 };
}

export function addCalls(sum: CallEvidence, more: Readonly<CallEvidence>): void {
  sum.good += more.good;
  sum.bad += more.bad;
  sum.doubted += more.doubted;
  sum.elsewhere += more.elsewhere;
  sum.badElsewhere += more.badElsewhere;
}

/** With those believed that are in doubt: the other pods do well for all clients together. */
export function withoutDoubt({ calls, votes }: Evidence): Evidence {
  return {
    calls: { ...calls, bad: calls.bad + calls.doubted, doubted: 0 },
    votes: { ...votes, bad: votes.bad + votes.doubted, doubted: 0 },
  };
}

/** Whether most calls are bad, in whoever's eyes. */
export function isMostlyBad({ good, bad, doubted }: CallEvidence): boolean {
  return bad + doubted > good;
}

/** Less likely than this, as a natural logarithm, is no chance: one in a thousand million. */
const noChance = Math.log(1e9);
/** The same for a pod that has just come back. */
const noChanceOnTrial = Math.log(1e3);
/** Calls that are enough for a pod that has just come back. */
const minCallsOnTrial = 3;

/**
 * Whether a pod is to be ejected. Pure. All of this has to be so:
 *
 * - it had enough calls, and the share of them that failed is as large as the settings say;
 * - more clients say so than say that it does well: one that lies is not believed against one that does not;
 * - it is not chance: were the pod as good as the others are, this would come about once in a thousand million times
 *   (Chernoff's bound for the binomial distribution).
 *
 * @param isOnTrial - whether it has been ejected and is back since a moment ago: less is enough
 */
export function isSick({ calls, votes }: Evidence, settings: EjectionSettings, isOnTrial: boolean): boolean {
  const { good, bad, elsewhere, badElsewhere } = calls;
  const all = good + bad;
  const minCalls = isOnTrial ? Math.min(minCallsOnTrial, settings.minCalls) : settings.minCalls;
  if (bad === 0 || all < minCalls || bad / all < settings.failurePercent / 100) return false;
  if (votes.bad <= votes.good) return false;
  const usual = (badElsewhere + 1) / (elsewhere + 2);
  return surprise(bad, all, usual) >= (isOnTrial ? noChanceOnTrial : noChance);
}

/** How unlikely so many of so many are at this probability: the negative logarithm of a bound. */
function surprise(count: number, of: number, probability: number): number {
  const share = count / of;
  if (share <= probability) return 0;
  const rest = 1 - share;
  const surplus = rest === 0 ? 0 : rest * Math.log(rest / (1 - probability));
  return of * (share * Math.log(share / probability) + surplus);
}
