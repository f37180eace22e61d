import { sum } from '../../base/sum.ts';
import type { FleetCall } from '../fleet/protocol.ts';
import type { UnevenWindow } from './report.ts';

/**
 * Calls under way at each pod, window after window: the time of all calls within it, over its length. A call that no pod answered
 * is not in it. Pure.
 *
 * @param fromMs - when the first window begins, as the times of calls
 * @param pods - names
 */
export function underWay(
  calls: readonly FleetCall[],
  pods: readonly string[],
  { fromMs, windowMs, count }: { readonly fromMs: number; readonly windowMs: number; readonly count: number },
): UnevenWindow[] {
  const indexOf = new Map(pods.map((pod, index) => [pod, index]));
  const times = Array.from({ length: count }, () => pods.map(() => 0));
  for (const { pod = '', sentAt, endedAt } of calls) {
    const index = indexOf.get(pod);
    if (index === undefined) continue;
    const [first, last] = [sentAt, endedAt].map((at) => Math.floor((at - fromMs) / windowMs));
    for (let at = Math.max(0, first!); at <= Math.min(count - 1, last!); at++) {
      const begins = fromMs + at * windowMs;
      times[at]![index]! += Math.min(endedAt, begins + windowMs) - Math.max(sentAt, begins);
    }
  }
  return times.map((byPod, at): UnevenWindow => {
    const all = byPod.map((ms) => Number((ms / windowMs).toFixed(2)));
    return { fromMs: at * windowMs, underWay: all, busiest: busiestOf(all) };
  });
}

/** The busiest of the mean; null: there was nothing to do. */
export function busiestOf(all: readonly number[]): number | null {
  const total = sum(all, (one) => one);
  return total === 0 ? null : (Math.max(...all) * all.length) / total;
}
