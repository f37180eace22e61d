import type { EjectionSettings } from '../model/ejection-settings.ts';

/** What is known of one pod, and of the others by those who call it. */
export interface Evidence {
  /** Calls that ended well. */
  readonly good: number;
  /** Calls that failed, or were not answered, of clients that do well elsewhere. */
  readonly bad: number;
  /** Clients of most of whose calls to the pod the one or the other is true. */
  readonly goodClients: number;
  readonly badClients: number;
  /** The same of clients that did well elsewhere lately, and have called nothing else since. */
  readonly doubted: number;
  readonly doubtedClients: number;
  /** Calls of the latter to all other pods, and those of them that failed or were under way. */
  readonly elsewhere: number;
  readonly badElsewhere: number;
}

/** The sum of two. */
export function addEvidence(one: Evidence, other: Evidence): Evidence {
  return {
    good: one.good + other.good,
    bad: one.bad + other.bad,
    goodClients: one.goodClients + other.goodClients,
    badClients: one.badClients + other.badClients,
    doubted: one.doubted + other.doubted,
    doubtedClients: one.doubtedClients + other.doubtedClients,
    elsewhere: one.elsewhere + other.elsewhere,
    badElsewhere: one.badElsewhere + other.badElsewhere,
  };
}

export const noEvidence: Evidence = {
  good: 0,
  bad: 0,
  goodClients: 0,
  badClients: 0,
  doubted: 0,
  doubtedClients: 0,
  elsewhere: 0,
  badElsewhere: 0,
};

/** With those believed that are in doubt: the other pods do well for all clients together. */
export function withoutDoubt(evidence: Evidence): Evidence {
  const { bad, badClients, doubted, doubtedClients } = evidence;
  return { ...evidence, bad: bad + doubted, badClients: badClients + doubtedClients, doubted: 0, doubtedClients: 0 };
}

/** Whether most calls are bad, in whoever's eyes. */
export function isMostlyBad({ good, bad, doubted }: Evidence): boolean {
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
 * - more clients say so than say that it does well: one that lies is not believed against two;
 * - it is not chance: were the pod as good as the others are, this would come about once in a thousand million times
 *   (Chernoff's bound for the binomial distribution).
 *
 * @param isOnTrial - whether it has been ejected and is back since a moment ago: less is enough
 */
export function isSick(evidence: Evidence, settings: EjectionSettings, isOnTrial: boolean): boolean {
  const { good, bad, goodClients, badClients, elsewhere, badElsewhere } = evidence;
  const calls = good + bad;
  const minCalls = isOnTrial ? Math.min(minCallsOnTrial, settings.minCalls) : settings.minCalls;
  if (bad === 0 || calls < minCalls || bad / calls < settings.failurePercent / 100) return false;
  if (badClients <= goodClients) return false;
  const usual = (badElsewhere + 1) / (elsewhere + 2);
  return surprise(bad, calls, usual) >= (isOnTrial ? noChanceOnTrial : noChance);
}

/** How unlikely so many of so many are at this probability: the negative logarithm of a bound. */
function surprise(count: number, of: number, probability: number): number {
  const share = count / of;
  if (share <= probability) return 0;
  const rest = 1 - share;
  const surplus = rest === 0 ? 0 : rest * Math.log(rest / (1 - probability));
  return of * (share * Math.log(share / probability) + surplus);
}
