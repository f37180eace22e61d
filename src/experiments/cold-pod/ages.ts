import { sum } from '../../base/sum.ts';
import type { FleetCall } from '../fleet/protocol.ts';
import type { PodAge } from './report.ts';

/** A pod, and when it took calls; times as those of calls. */
export interface PodLife {
  readonly name: string;
  /** Undefined: it was there before, and is warm. */
  readonly readyAt: number | undefined;
  /** Undefined: it stayed. */
  readonly leftAt: number | undefined;
}

/** What a new pod is to get of a full share at this age. Pure. */
export function lineAt(ageMs: number, slowStartMs: number): number {
  return Math.min(1, 0.1 + (0.9 * ageMs) / slowStartMs);
}

/**
 * What new pods got of what warm ones did at the same time, by age; all new pods are taken together, since a young one gets few calls. Pure.
 *
 * @param slowStartMs - a pod is warm when it is older
 * @param parts - how many ages there are
 */
export function sharesByAge(
  calls: readonly FleetCall[],
  pods: readonly PodLife[],
  slowStartMs: number,
  parts: number,
): PodAge[] {
  const partMs = slowStartMs / parts;
  const answered = Map.groupBy(
    calls.filter(({ status }) => status === 'OK'),
    ({ pod }) => pod,
  );
  const within = ({ name }: PodLife, from: number, to: number): number =>
    (answered.get(name) ?? []).filter(({ sentAt }) => sentAt >= from && sentAt < to).length;
  const isWarm = ({ readyAt, leftAt }: PodLife, from: number, to: number): boolean =>
    (readyAt === undefined || readyAt + slowStartMs <= from) && (leftAt === undefined || leftAt > to);
  return Array.from({ length: parts }, (_, part): PodAge => {
    let own = 0;
    let full = 0;
    for (const pod of pods) {
      if (pod.readyAt === undefined) continue;
      const from = pod.readyAt + part * partMs;
      const warm = pods.filter((other) => isWarm(other, from, from + partMs));
      // Without a warm pod nobody knows what a full share is.
      if (warm.length === 0) continue;
      own += within(pod, from, from + partMs);
      full += sum(warm, (other) => within(other, from, from + partMs)) / warm.length;
    }
    const ageMs = (part + 0.5) * partMs;
    return { ageMs, calls: own, share: full === 0 ? 0 : own / full, line: lineAt(ageMs, slowStartMs) };
  });
}
