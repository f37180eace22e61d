import { sum } from '../base/sum.ts';
import { quantile } from '../verdict/quantile.ts';
import { knownCalls } from './known-calls.ts';
import type { LoadViewPod, LoadViewService } from './load-view.ts';

/** Fewer failed calls than this make no pod stand out. */
const fewestFailed = 3;
/** A pod that fails a smaller part of its calls does not stand out. */
const worstUsualFailures = 0.02;
/** Calls that are under way on a pod that may be nothing but slow. */
const usualInFlight = 2;
/** How many times as much as the others makes a pod stand out. */
const timesTheOthers = 4;
/** A smaller part of the even share is no skew that anyone needs to act on; as in the rule of the verdict. */
const smallestSkew = 0.05;

/**
 * Pods that stand out from the others of their Service, and why, by address; those that are ejected included. Pure.
 *
 * Where every pod fails or is slow none stands out: that is the Service, or its callers.
 */
export function offPods({ pods, verdict }: Pick<LoadViewService, 'pods' | 'verdict'>): Map<string, string> {
  const off = new Map<string, string>();
  const all = sum(pods, (pod) => pod.calls);
  const failed = sum(pods, (pod) => pod.failed);
  const inFlight = pods.filter(({ ejected }) => ejected === null).map((pod) => pod.inFlight);
  const typical =
    quantile(
      inFlight.toSorted((a, b) => a - b),
      0.5,
    ) ?? 0;
  const fair = all / Math.max(1, pods.length);
  for (const pod of pods) {
    const why =
      pod.ejected !== null
        ? `ejected: ${pod.ejected.why}`
        : (failing(pod, all - pod.calls, failed - pod.failed) ??
          stuck(pod, pods.length > 1 ? typical : undefined) ??
          farFromShare(pod, fair, all, verdict));
    if (why !== undefined) off.set(pod.address, why);
  }
  return off;
}

function failing({ calls, failed }: LoadViewPod, otherCalls: number, otherFailed: number): string | undefined {
  const share = failed / Math.max(knownCalls({ calls, failed }), 1);
  const usual = otherFailed / Math.max(knownCalls({ calls: otherCalls, failed: otherFailed }), 1);
  if (failed < fewestFailed || share < worstUsualFailures || share < usual * timesTheOthers) return undefined;
  return `fails ${percent(share)} of its calls, the others ${percent(usual)}`;
}

function stuck({ inFlight }: LoadViewPod, typical: number | undefined): string | undefined {
  if (typical === undefined || inFlight < usualInFlight || inFlight < typical * timesTheOthers) return undefined;
  return `${figure(inFlight)} calls in flight, others ${figure(typical)}`;
}

function farFromShare(
  { calls }: LoadViewPod,
  fair: number,
  all: number,
  verdict: LoadViewService['verdict'],
): string | undefined {
  if (verdict === 'pinned') return calls > fair ? 'gets all calls' : undefined;
  if (verdict === 'partial') return calls === 0 ? 'gets no calls' : undefined;
  if (verdict !== 'skewed' || Math.abs(calls - fair) <= fair * smallestSkew) return undefined;
  return `gets ${percent(calls / all)} of the calls, ${percent(fair / all)} is even`;
}

function percent(part: number): string {
  const value = part * 100;
  return `${value === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} %`;
}

function figure(value: number): string {
  return value >= 10 ? String(Math.round(value)) : value.toFixed(1);
}
