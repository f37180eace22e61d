import { sum } from '../base/sum.ts';
import { listSome } from '../base/words.ts';
import { quantile } from '../verdict/quantile.ts';
import { judge, minimumCalls, type Verdict } from '../verdict/verdict.ts';
import { unknown } from './caller.ts';
import type { CallerLoad, PodLoad, ServiceLoad } from './service-load.ts';
import { meanMsOf } from './window.ts';

/** What the calls of a Service say about evenness. */
export interface LiveVerdict {
  readonly verdict: Verdict;
  /** One sentence, or a few. */
  readonly why: string;
}

/** A pod that takes so many times as long as the median is worth a sentence. */
const timesAsLong = 4;
/** Calls below which nothing is said of a pod's speed or a caller's luck. */
const fewestCalls = 20;
/** Pods that a sentence names. */
const named = 3;
/** A part of the calls that is worth a sentence. */
const worthSaying = 0.01;

/**
 * Judges a Service by its clients' own counts, with the rule of the probe. Pure.
 *
 * Only pods that were there all the time are compared: one that came or went in it had less time to be called.
 *
 * @param since - when the window began, milliseconds of the clock
 */
export function judgeService(service: ServiceLoad, since: number, now: number): LiveVerdict {
  const pods = [...service.pods.values()];
  const steady = pods.filter(({ cameAt, goneAt }) => cameAt <= since && goneAt === undefined);
  const counts = steady.map(({ window }) => window.recent.calls);
  const calls = counts.reduce((sum, count) => sum + count, 0);
  const { verdict } = judge(counts);
  const even = calls / Math.max(1, counts.length);
  const farthest = steady
    .map((pod, index) => ({ pod, calls: counts[index]!, away: Math.abs(counts[index]! - even) }))
    .toSorted((a, b) => b.away - a.away);
  const reasons = [
    sentenceOf(verdict, calls, steady.length, farthest),
    ...comings(pods, since, now),
    ...oneCaller(service, verdict, calls),
    ...ejected(pods),
    ...slow(steady),
    ...failingCallers(service),
    ...unseen(service),
  ];
  return { verdict, why: reasons.join('; ') };
}

interface Share {
  readonly pod: PodLoad;
  readonly calls: number;
}

function sentenceOf(verdict: Verdict, calls: number, pods: number, farthest: readonly Share[]): string {
  const fewest = Math.min(...farthest.map((share) => share.calls));
  const most = Math.max(...farthest.map((share) => share.calls));
  const percent = (share: Share): string => `${nameOf(share.pod)} got ${Math.round((share.calls / calls) * 100)} %`;
  switch (verdict) {
    case 'balanced':
      return `${calls} calls to ${pods} pods, ${fewest} to ${most} each`;
    case 'pinned':
      return `all ${calls} calls went to ${nameOf(farthest.find((share) => share.calls > 0)!.pod)}`;
    case 'partial':
      return `no call went to ${list(farthest.filter((share) => share.calls === 0).map((share) => nameOf(share.pod)))}`;
    case 'skewed':
      return `${list(farthest.slice(0, 2).map(percent))}; ${Math.round(100 / pods)} % is even`;
    default:
      if (pods < 2) return pods === 0 ? 'no pod has been there all the time' : 'one pod has been there all the time';
      return `${calls} calls to ${pods} pods; a verdict takes ${minimumCalls(pods)}`;
  }
}

function comings(pods: readonly PodLoad[], since: number, now: number): string[] {
  const said = (pod: PodLoad, at: number): string =>
    `${nameOf(pod)} (${Math.max(0, Math.round((now - at) / 1_000))} s ago)`;
  const came = pods.filter(({ cameAt, goneAt }) => cameAt > since && goneAt === undefined);
  // A pod that is ejected is still there: that it is ejected says why it gets no calls.
  const gone = pods.filter(({ goneAt, isEjected }) => goneAt !== undefined && goneAt > since && !isEjected);
  return [
    ...(came.length === 0 ? [] : [`new: ${list(came.map((pod) => said(pod, pod.cameAt)))}`]),
    ...(gone.length === 0 ? [] : [`gone: ${list(gone.map((pod) => said(pod, pod.goneAt!)))}`]),
  ];
}

/** Where one caller alone makes it uneven, who that is. */
function oneCaller(service: ServiceLoad, verdict: Verdict, calls: number): string[] {
  if (verdict === 'balanced' || verdict === 'inconclusive' || service.callers.size < 2) return [];
  const shares = [...service.callers.values()].map(({ caller, pods }) => {
    const most = Math.max(0, ...[...pods.values()].map(({ recent }) => recent.calls));
    const all = [...pods.values()].reduce((sum, { recent }) => sum + recent.calls, 0);
    return { caller, most, all };
  });
  const found = shares.filter(({ most, all }) => all > calls * 0.1 && most > all * 0.9);
  return found.slice(0, 1).map(({ caller, most, all }) => {
    const who = `${caller.namespace}/${caller.workload}`;
    return `${who} sends ${Math.round((most / all) * 100)} % of its calls to one pod`;
  });
}

function ejected(pods: readonly PodLoad[]): string[] {
  const out = pods.filter(({ isEjected }) => isEjected).map(nameOf);
  return out.length === 0 ? [] : [`${list(out)} ${out.length === 1 ? 'is' : 'are'} ejected`];
}

/** Pods that take several times as long as the median of them; they stay, since they answer. */
function slow(pods: readonly PodLoad[]): string[] {
  const means = pods.flatMap((pod) => {
    const meanMs = meanMsOf(pod.window.recent);
    return meanMs === undefined ? [] : [{ pod, meanMs }];
  });
  // Those of whom too few calls are seen under way take less time than can be measured.
  const quick = pods.filter(
    (pod) => !means.some((one) => one.pod === pod) && pod.window.recent.succeeded >= fewestCalls,
  );
  const inOrder = [...quick.map(({ window }) => quickMs(window.recent)), ...means.map(({ meanMs }) => meanMs)].sort(
    (a, b) => a - b,
  );
  const median = quantile(inOrder, 0.5) ?? 0;
  const found = means.filter(({ meanMs }) => inOrder.length > 1 && meanMs >= median * timesAsLong);
  return found
    .slice(0, named)
    .map(
      ({ pod, meanMs }) =>
        `${nameOf(pod)} takes ${Math.round(meanMs)} ms, ${Math.round(meanMs / median)} times the median`,
    );
}

/** An upper estimate for a pod with so little under way. */
function quickMs({ inFlightMs, succeeded, failed }: { inFlightMs: number; succeeded: number; failed: number }): number {
  return Math.max(1, inFlightMs / Math.max(1, succeeded + failed));
}

/** Callers for whom most calls fail at every pod, while others do well: it is not the pods. */
function failingCallers({ callers }: ServiceLoad): string[] {
  const all = [...callers.values()].filter(({ window: { recent } }) => recent.succeeded + recent.failed >= fewestCalls);
  const failing = all.filter(failsEverywhere);
  const rest = all.filter((caller) => !failing.includes(caller)).map(({ window }) => window.recent);
  if (failing.length === 0 || sum(rest, ({ succeeded }) => succeeded) <= sum(rest, ({ failed }) => failed)) return [];
  return failing
    .slice(0, named)
    .map(({ caller }) => `calls of ${caller.namespace}/${caller.workload} fail at every pod, those of others do not`);
}

function failsEverywhere({ pods }: CallerLoad): boolean {
  const called = [...pods.values()]
    .map(({ recent }) => recent)
    .filter(({ succeeded, failed }) => succeeded + failed > 0);
  return called.length > 1 && called.every(({ succeeded, failed }) => failed > succeeded);
}

/** What reports do not show. */
function unseen({ withoutPod, all }: ServiceLoad): string[] {
  const [hidden, { calls, seenInFlight }] = [withoutPod.recent.calls, all.recent];
  return [
    ...(hidden > calls * worthSaying
      ? [`${Math.round((hidden / calls) * 100)} % of the calls are of clients that do not report by pod`]
      : []),
    ...(calls === 0 && seenInFlight > 0 ? ['calls are under way and none begins: a stream counts once'] : []),
  ];
}

function nameOf({ known: { pod, address } }: PodLoad): string {
  return pod === undefined || pod === unknown ? address : pod;
}

function list(texts: readonly string[]): string {
  return listSome(texts, named);
}
