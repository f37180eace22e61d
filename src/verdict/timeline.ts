import type { CallRecord } from './call-record.ts';

export interface Timeline {
  readonly bucketMs: number;
  readonly buckets: { atMs: number; answered: Record<string, number>; failed: number }[];
}

/** Calls by the time they were sent, in buckets of 100 ms, counted from `zero`; buckets without a call are left out. */
export function timelineOf(records: readonly CallRecord[], zero: number, bucketMs = 100): Timeline {
  const buckets = new Map<number, Timeline['buckets'][number]>();
  for (const { sentAt, status, pod } of records) {
    const atMs = Math.floor((sentAt - zero) / bucketMs) * bucketMs;
    let bucket = buckets.get(atMs);
    if (bucket === undefined) {
      bucket = { atMs, answered: {}, failed: 0 };
      buckets.set(atMs, bucket);
    }
    if (status !== 'OK') bucket.failed += 1;
    else if (pod !== undefined) bucket.answered[pod] = (bucket.answered[pod] ?? 0) + 1;
  }
  return { bucketMs, buckets: [...buckets.values()].sort((a, b) => a.atMs - b.atMs) };
}
