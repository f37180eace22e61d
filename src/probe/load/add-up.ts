import type { CallRecord } from '../../verdict/call-record.ts';
import { shortOf } from './latency.ts';
import { Recorder } from './recorder.ts';

/** What calls come to whose records were kept; latencies in milliseconds. */
export type Sum = ReturnType<typeof addUp>;

/** @param deadlineMs - of every call */
export function addUp(records: readonly CallRecord[], deadlineMs: number) {
  const recorder = new Recorder(records[0]?.dueAt ?? 0, deadlineMs);
  for (const { pod: who, peer, error, ...call } of records) {
    recorder.ended({ ...call, who, peer, error, held: undefined });
  }
  const { failed, anonymous } = recorder;
  const named = [...recorder.backends].filter(([name, { calls }]) => name !== '' && calls > 0);
  return {
    ...{ failed, anonymous, failures: recorder.failures() },
    /** Answered calls by pod. */
    answered: new Map(named.map(([name, { calls }]) => [name, calls])) as ReadonlyMap<string, number>,
    latencyMs: shortOf(recorder.latency()),
    latencyOfAllMs: shortOf(recorder.latencyOfAll()),
  };
}
