import { sum } from '../../base/sum.ts';
import { quantile } from '../../verdict/quantile.ts';
import type { FleetCall, FleetConnection } from '../fleet/protocol.ts';
import type { MeasuredLongStreams } from './report.ts';

/** Streams are even where the busiest pod has at most so many times the mean. */
export const evenRatio = 1.2;
/** Looks at how uneven it is, over the time that is watched. */
const looks = 240;

/** When it was watched, as `timeStamp()` has it. */
export interface Watched {
  readonly scaleOutAt: number;
  /** The new pods were ready. */
  readonly readyAt: number;
  readonly endAt: number;
}

export interface SeenStreams {
  readonly calls: readonly FleetCall[];
  readonly connections: readonly FleetConnection[];
  /** All pods at the end, with `HOST:PORT`. */
  readonly pods: readonly { readonly name: string; readonly address: string; readonly isNew: boolean }[];
  readonly clients: number;
}

/** Streams that were open at a time, by pod. */
function openAt(calls: readonly FleetCall[], pods: readonly string[], at: number): Map<string, number> {
  const counts = new Map(pods.map((pod) => [pod, 0]));
  for (const { pod, sentAt, endedAt } of calls) {
    if (pod !== undefined && sentAt <= at && at < endedAt) counts.set(pod, (counts.get(pod) ?? 0) + 1);
  }
  return counts;
}

/** Streams of the busiest pod as a multiple of the mean; 1 where there are none. */
function ratioOf(counts: ReadonlyMap<string, number>): number {
  const all = [...counts.values()];
  const total = sum(all, (one) => one);
  return total === 0 ? 1 : (Math.max(...all) * all.length) / total;
}

/** What a row says of its streams; pure. `scale`: so many times shorter were the times. */
export function tally(
  { calls, connections, pods, clients }: SeenStreams,
  { scaleOutAt, readyAt, endAt }: Watched,
  scale: number,
): Omit<MeasuredLongStreams, 'remedy' | 'status'> {
  const names = pods.map(({ name }) => name);
  const old = pods.filter(({ isNew }) => !isNew).map(({ name }) => name);
  const fresh = pods.length - old.length;
  const most = (counts: ReadonlyMap<string, number>): number[] => [...counts.values()].sort((a, b) => b - a);
  const spanMs = endAt - readyAt;
  const busiest = Array.from({ length: looks }, (_, index) => {
    const at = readyAt + (spanMs * index) / looks;
    return { atMs: Math.round((at - readyAt) * scale), ratio: Number(ratioOf(openAt(calls, names, at)).toFixed(3)) };
  });
  const even = busiest.findIndex(({ ratio }) => ratio <= evenRatio);
  const since = even === -1 ? [] : busiest.slice(even);
  const during = calls.filter(({ endedAt }) => endedAt >= readyAt && endedAt < endAt);
  const ended: Record<string, number> = {};
  for (const { status } of during) ended[status] = (ended[status] ?? 0) + 1;
  const early = during.filter(({ status }) => status !== 'OK').length;
  const reopened = calls.filter(({ dueAt, pod }) => dueAt >= readyAt && dueAt < endAt && pod !== undefined);
  const addresses = new Set(pods.map(({ address }) => address));
  const dialled = connections.filter(
    ({ peer, openedAt }) => addresses.has(peer) && openedAt >= scaleOutAt && openedAt < endAt,
  );
  const before = most(openAt(calls, old, scaleOutAt));
  const hours = (spanMs * scale) / 3_600_000;
  const waits = reopened.map(({ dueAt, sentAt }) => sentAt - dueAt).sort((a, b) => a - b);
  return {
    before,
    after: most(openAt(calls, names, endAt - 1)),
    busiest,
    evenAfterMs: busiest[even]?.atMs ?? null,
    evenRatio: since.length === 0 ? null : Number((sum(since, ({ ratio }) => ratio) / since.length).toFixed(3)),
    opened: reopened.length,
    ended,
    endedEarlyPerHour: Number(
      (
        early /
        Math.max(
          1,
          sum(before, (one) => one),
        ) /
        hours
      ).toFixed(2),
    ),
    reconnects: Math.max(0, dialled.length - clients * fresh),
    reopenedP99Ms: quantile(waits, 0.99),
  };
}
