import type { PodEvent } from './convergence.ts';

/** How few and how many pods were ready at any time of a change; pure. */
export function readyRange(before: readonly string[], events: readonly PodEvent[]): { least: number; most: number } {
  const ready = new Set(before);
  let [least, most] = [ready.size, ready.size];
  for (const { event, pod } of events.toSorted((a, b) => a.at - b.at)) {
    if (event === 'ready') ready.add(pod);
    else ready.delete(pod);
    least = Math.min(least, ready.size);
    most = Math.max(most, ready.size);
  }
  return { least, most };
}
