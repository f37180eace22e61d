import { sum } from '../base/sum.ts';
import { counted } from '../base/words.ts';
import type { HeardWork, PlanInput, PlanPod, Work, WorkOfPod, WorkState } from './plan-input.ts';
import { uidOf } from './slow-start.ts';

/** How long what was heard counts: after this time a third of it; in the short memory, which sees that a pod has changed. */
const memoryMs = 90_000;
const shortMemoryMs = 10_000;
/** So many times what is chance the two have to differ, pods that are not alike, and a share has to be off: first, and on the way. */
const beyondChance = 3;
const notAlike = 2;
const offByChance = 1.5;
const stillOff = 0.5;
/** How often shares are decided. */
const stepMs = 10_000;
/** Calls of a pod that were seen under way, and that ended well, below which nothing is known of it. */
const fewest = 25;
/** Part of the way, as a ratio, that a share goes each time, and the farthest it goes. */
const pace = 0.5;
const longestStep = Math.log(1.3);
/** How far shares may be off, beyond what is chance, before they are changed, and how near they then come. */
const deadBand = Math.log(1.08);
const nearEnough = Math.log(1.03);
/** A pod gets between a quarter and four times of an equal share. */
const mostApart = Math.log(4);

export interface WorkShares {
  /** Of the calls, by pod; 1 is an equal share. */
  readonly shares: Float64Array;
  readonly state: WorkState | undefined;
  /** When to plan again; undefined: when something happens. */
  readonly nextMs: number | undefined;
  readonly why: readonly string[];
}

/**
 * Shares with which all pods have as many calls under way: by what a call costs at each, which is the time that calls were under
 * way over the calls that ended well (Little's law). It is the cost that is measured, not what is under way: it does not depend
 * on the share, so there is nothing to overshoot. A pod that fails fast costs nobody time; by calls that end well it gains nothing.
 * Damped, with a dead band, clamped; back to equal shares where most pods are not heard of. Pure.
 */
export function shareWork(
  { policy, pods, work = [], nowMs = 0 }: PlanInput,
  before: WorkState | undefined,
): WorkShares {
  if (policy.balance !== 'work') return { shares: equal(pods), state: undefined, nextMs: undefined, why: [] };
  const kept = heard(pods, work, nowMs, before);
  const decidedMs = before?.decidedMs ?? nowMs;
  const isDue = nowMs - decidedMs >= stepMs;
  // What is not heard of any more is not known.
  const works = pooled(kept.map(({ recent, latest }) => (latest.seen < 1 ? nothing : recent)));
  const costs = works.map(costOf);
  const known = costs.filter((cost) => cost !== undefined);
  const isBlind = known.length * 2 < pods.length || known.length === 0;
  let following = before?.following ?? false;
  let logs = kept.map(({ share }) => Math.log(share));
  if (isDue) {
    const goals = isBlind ? logs.map(() => 0) : goalsOf(costs);
    const band = following ? nearEnough : deadBand;
    const isFar = (index: number): boolean => {
      const chance = isBlind ? 0 : (following ? stillOff : offByChance) * chanceOf(works[index]!);
      return Math.abs(goals[index]! - logs[index]!) > band + chance;
    };
    following = [...goals.keys()].some(isFar);
    if (isBlind && !following) logs = goals;
    if (following) logs = centred(logs.map((log, index) => log + step(goals[index]! - log)));
  }
  const shares = Float64Array.from(logs, (log) => Math.round(Math.exp(log) * 1e4) / 1e4);
  const at = isDue ? nowMs : decidedMs;
  return {
    shares,
    state: {
      pods: Object.fromEntries(pods.map((pod, index) => [uidOf(pod), { ...kept[index]!, share: shares[index]! }])),
      ...{ atMs: nowMs, decidedMs: at, following },
    },
    nextMs: at + stepMs,
    why: sentences(pods, shares, costs, isBlind),
  };
}

function equal(pods: readonly PlanPod[]): Float64Array {
  return new Float64Array(pods.length).fill(1);
}

/** What is known of each pod by now: what it was before has faded, what was heard since is added. */
function heard(
  pods: readonly PlanPod[],
  work: readonly HeardWork[],
  nowMs: number,
  before: WorkState | undefined,
): WorkOfPod[] {
  const totals = new Map(work.map(({ key, ...total }) => [key, total]));
  const passedMs = before === undefined ? 0 : nowMs - before.atMs;
  return pods.map((pod) => {
    const known = before?.pods[uidOf(pod)];
    const total = totals.get(pod.key) ?? known?.total ?? nothing;
    if (known === undefined) return { total, recent: total, latest: total, share: 1 };
    // Counts that go back began anew.
    const since = total.ended < known.total.ended ? nothing : known.total;
    const add = (to: Work, fading: number): Work => ({
      ended: to.ended * fading + total.ended - since.ended,
      inFlightMs: to.inFlightMs * fading + total.inFlightMs - since.inFlightMs,
      seen: to.seen * fading + total.seen - since.seen,
    });
    const recent = add(known.recent, Math.exp(-passedMs / memoryMs));
    const latest = add(known.latest, Math.exp(-passedMs / shortMemoryMs));
    return { total, recent: hasChanged(recent, latest) ? latest : recent, latest, share: known.share };
  });
}

/** Whether a pod is as it was no longer: what was heard before does not count any more. */
function hasChanged(recent: Work, latest: Work): boolean {
  const [before, now] = [costOf(recent), costOf(latest)];
  if (before === undefined || now === undefined) return false;
  return Math.abs(Math.log(now / before)) > beyondChance * chanceOf(latest);
}

/**
 * Pods whose costs differ by no more than chance count as alike, and what is known of each is what is known of all of them. So
 * pods that are alike get the same, and are known sooner. Each is held to all that are alike so far, so that no chain of small steps
 * makes the fastest and the slowest alike.
 */
function pooled(works: readonly Work[]): Work[] {
  const ranked = [...works.entries()]
    .flatMap(([index, work]) => {
      const cost = costOf(work);
      return cost === undefined ? [] : [{ index, work, cost }];
    })
    .sort((a, b) => a.cost - b.cost);
  const groups: { readonly members: number[]; all: Work }[] = [];
  for (const { index, work, cost } of ranked) {
    const group = groups.at(-1);
    if (group === undefined || isAbove(cost, work, group.all)) groups.push({ members: [index], all: work });
    else {
      group.members.push(index);
      group.all = {
        ended: group.all.ended + work.ended,
        inFlightMs: group.all.inFlightMs + work.inFlightMs,
        seen: group.all.seen + work.seen,
      };
    }
  }
  const found = [...works];
  for (const { members, all } of groups) for (const index of members) found[index] = all;
  return found;
}

/** Whether a pod costs more than those that are alike so far, beyond chance. */
function isAbove(cost: number, work: Work, alike: Work): boolean {
  return Math.log(cost / costOf(alike)!) > notAlike * Math.hypot(chanceOf(work), chanceOf(alike));
}

/** How far a cost is off by chance, as part of it. */
function chanceOf({ seen }: Work): number {
  return 1 / Math.sqrt(Math.max(1, seen));
}

const nothing: Work = { ended: 0, inFlightMs: 0, seen: 0 };

/** Milliseconds that a call is under way; undefined where too little is known. */
function costOf({ ended, inFlightMs, seen }: Work): number | undefined {
  // Less than half a millisecond is none: a client may say what it likes of the time that a report is of.
  return seen < fewest || ended < fewest || inFlightMs <= 0 ? undefined : inFlightMs / ended;
}

/** Logarithms of the shares with which work is even; a pod of which nothing is known counts as the mean. */
function goalsOf(costs: readonly (number | undefined)[]): number[] {
  const logs = costs.flatMap((cost) => (cost === undefined ? [] : -Math.log(cost)));
  const mean = sum(logs, (log) => log) / logs.length;
  const goals = centred(costs.map((cost) => (cost === undefined ? 0 : -Math.log(cost) - mean)));
  return goals.map((goal) => Math.max(-mostApart, Math.min(mostApart, goal)));
}

/** So that shares are 1 on average. */
function centred(logs: readonly number[]): number[] {
  const mean = sum(logs, Math.exp) / Math.max(1, logs.length);
  return logs.map((log) => log - Math.log(mean));
}

function step(way: number): number {
  return Math.max(-longestStep, Math.min(longestStep, way * pace));
}

/** Pods that a sentence names. */
const named = 3;

function sentences(
  pods: readonly PlanPod[],
  shares: Float64Array,
  costs: readonly (number | undefined)[],
  isBlind: boolean,
): string[] {
  if (isBlind) return ['too few calls are heard of to know the work of pods: shares go back to equal'];
  const apart = [...shares.keys()]
    .filter((index) => Math.abs(Math.log(shares[index]!)) > deadBand)
    .sort((a, b) => Math.abs(Math.log(shares[b]!)) - Math.abs(Math.log(shares[a]!)));
  const found = apart.slice(0, named).map((index) => {
    const { pod, key } = pods[index]!;
    const cost = costs[index];
    const why = cost === undefined ? 'not heard of enough' : `a call is under way for ${Math.round(cost)} ms there`;
    return `${pod ?? key} gets ${shares[index]!.toFixed(2)} of an equal share: ${why}`;
  });
  const more = apart.length - named;
  return more > 0 ? [...found, `${counted(more, 'further pod')} ${more === 1 ? 'differs' : 'differ'}`] : found;
}
