import type { CallRecord } from '../../verdict/call-record.ts';
import type { EndedCall } from '../load/recorder.ts';

/** A call of a loop for another process: its times on the clock that all have. */
export function recordOf({ dueAt, sentAt, endedAt, status, who: pod, peer, error }: EndedCall): CallRecord {
  const { timeOrigin } = performance;
  return {
    dueAt: timeOrigin + dueAt,
    sentAt: timeOrigin + sentAt,
    endedAt: timeOrigin + endedAt,
    status,
    pod,
    peer,
    error,
  };
}
