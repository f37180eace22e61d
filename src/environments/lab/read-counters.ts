import type { PodRecord } from '../../lab/index.ts';
import type { Counters } from '../../probe/index.ts';
import { backendAdminPort } from '../backends.ts';

/** How long a backend may take to answer for its counter. */
const timeoutMs = 2000;

/** Asks pods that are there how many calls of a run they have counted. */
export async function readCounters(
  pods: readonly PodRecord[],
  run: string,
): Promise<{ readings: Counters['readings'][number][]; unreadable: Counters['unreadable'][number][] }> {
  const readings: Counters['readings'][number][] = [];
  const unreadable: Counters['unreadable'][number][] = [];
  await Promise.all(
    pods.map(async (pod) => {
      const url = `http://${pod.ip}:${backendAdminPort}/calls?run=${encodeURIComponent(run)}`;
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
        const { calls } = (await response.json()) as { calls: number };
        readings.push({ pod: pod.name, calls, final: true });
      } catch (error) {
        unreadable.push({ pod: pod.name, reason: String(error) });
      }
    }),
  );
  return { readings, unreadable };
}
